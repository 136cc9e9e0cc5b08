import { readFileSync } from 'node:fs';
import { noHeaders } from '@millrace/log-client';
import { readAll } from '@millrace/log-client/conformance';
import { expect, test } from 'vitest';
import { credentials } from '@millrace/kafka-broker';
import { kafkaLog } from '../src/index.ts';

const secure = process.env['KAFKA_SECURE_BROKER'];
const ca = process.env['KAFKA_CA'];
const { username, password } = credentials;
const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

test.skipIf(secure === undefined).each(mechanisms)('over TLS, as a user known by %s', async (mechanism) => {
  const log = kafkaLog({
    brokers: [secure!],
    ssl: { ca: readFileSync(ca!, 'utf8') },
    sasl: { mechanism, username, password },
  });
  const topic = `secure-${mechanism}-${process.pid}`;
  await log.admin.createTopics([{ name: topic, partitions: 1 }]);
  const producer = await log.producer({ transactionalId: topic });
  const record = { key: 'k', value: 'v', timestamp: 1, headers: noHeaders };
  await producer.commit({ records: [{ topic, partition: 0, records: [record] }] });
  expect(await readAll(log, topic, 0)).toHaveLength(1);
  await log.close();
});

test.skipIf(secure === undefined).each(mechanisms)(
  'a wrong password is refused, and not repeated: %s',
  async (mechanism) => {
    const wrong = 'not-the-password-at-all';
    const log = kafkaLog({
      brokers: [secure!],
      ssl: { ca: readFileSync(ca!, 'utf8') },
      sasl: { mechanism, username, password: wrong },
    });
    const error = await log.admin.topics(['any']).then(
      () => undefined,
      (reason: Error & { code: string }) => reason,
    );
    expect(error?.code).toBe('LOG_UNAUTHORIZED');
    const causes: unknown[] = [];
    for (
      let one: unknown = error;
      one !== undefined && one !== null;
      one = (one as { cause?: unknown }).cause
    )
      causes.push(one);
    for (const cause of causes) {
      expect(`${(cause as Error).message}${(cause as Error).stack}${JSON.stringify(cause)}`).not.toContain(
        wrong,
      );
    }
    await log.close();
  },
);

test.skipIf(secure === undefined)('a certificate that nobody vouches for is refused', async () => {
  const log = kafkaLog({ brokers: [secure!], ssl: true, retryTimeoutMs: 500 });
  await expect(log.admin.topics(['any'])).rejects.toMatchObject({
    message: expect.stringMatching(/certificate/i),
  });
  await log.close();
});
