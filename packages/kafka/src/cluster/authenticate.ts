import { errorName, saslAuthenticateApi, saslHandshakeApi } from '@millrace/kafka-protocol/messages';
import { ConnectionError, KafkaError } from '../errors.ts';
import type { ResolvedKafkaOptions } from '../options.ts';
import type { Connection } from './connection.ts';
import { ScramClient } from './scram.ts';

export type Sasl = NonNullable<ResolvedKafkaOptions['sasl']>;

/**
 * Says on a new connection who we are. Resolves to how long the broker believes it, in milliseconds.
 * @throws KafkaError `SASL_AUTHENTICATION_FAILED`, without secrets
 */
export async function authenticate(connection: Connection, sasl: Sasl, timeoutMs: number): Promise<number> {
  const mechanism = sasl.mechanism.toUpperCase();
  const handshake = await connection.request(saslHandshakeApi, 1, { mechanism }, timeoutMs);
  if (handshake.errorCode !== 0) {
    const offered = handshake.mechanisms.join(', ');
    const why = `the broker does not take ${mechanism}, only ${offered}: change sasl.mechanism`;
    throw new KafkaError('SASL_AUTHENTICATION_FAILED', why);
  }
  let lifetimeMs = 0;
  const say = async (text: string): Promise<string> => {
    const authBytes = Buffer.from(text);
    const answer = await connection.request(saslAuthenticateApi, 1, { authBytes }, timeoutMs);
    lifetimeMs = answer.sessionLifetimeMs;
    if (answer.errorCode === 0) return answer.authBytes.toString();
    const why = answer.errorMessage ?? errorName(answer.errorCode);
    throw refused(sasl, why);
  };
  await (sasl.mechanism === 'plain' ? say(`\0${sasl.username}\0${sasl.password}`) : loginByScram(sasl, say));
  return lifetimeMs > 0 ? lifetimeMs : Number.POSITIVE_INFINITY;
}

async function loginByScram(sasl: Sasl, say: (text: string) => Promise<string>): Promise<void> {
  const scram = new ScramClient(sasl.mechanism === 'scram-sha-256' ? 'sha256' : 'sha512', sasl);
  const serverFirst = await say(scram.first);
  try {
    scram.verify(await say(await scram.answer(serverFirst)));
  } catch (error) {
    throw error instanceof KafkaError || error instanceof ConnectionError
      ? error
      : refused(sasl, (error as Error).message);
  }
}

function refused({ username, mechanism }: Sasl, why: string): KafkaError {
  return new KafkaError('SASL_AUTHENTICATION_FAILED', `user ${username}, ${mechanism}: ${why}`);
}
