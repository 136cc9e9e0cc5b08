// SCRAM (RFC 5802) as Kafka speaks it: without channel binding.
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);
/** RFC 7677's minimum: a server that asks for fewer makes the password cheap to guess. */
const fewestIterations = 4096;
/** More would stop a client for minutes. */
const mostIterations = 1_000_000;
const keyBytes = { sha256: 32, sha512: 64 } as const;

export type ScramDigest = keyof typeof keyBytes;

export interface ScramLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * A client's side of one login: `first` is sent, `answer` gives what to send upon the server's first message,
 * `verify` checks its last.
 */
export class ScramClient {
  readonly #digest: ScramDigest;
  readonly #password: string;
  readonly #nonce: string;
  readonly #firstBare: string;
  #serverSignature: Buffer | undefined;

  constructor(
    digest: ScramDigest,
    { username, password }: ScramLogin,
    nonce = randomBytes(18).toString('base64'),
  ) {
    this.#digest = digest;
    this.#password = password.normalize('NFKC');
    this.#nonce = nonce;
    const name = username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#firstBare = `n=${name},r=${nonce}`;
  }

  get first(): string {
    return `n,,${this.#firstBare}`;
  }

  /** @throws Error where the server's message is not one to answer */
  async answer(serverFirst: string): Promise<string> {
    const { r: nonce = '', s: salt = '', i: iterationsText = '' } = attributes(serverFirst);
    const iterations = Number(iterationsText);
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) {
      throw new Error("the server's nonce does not go on from the client's");
    }
    if (!(iterations >= fewestIterations && iterations <= mostIterations)) {
      throw new Error(`the server asks for ${iterationsText} iterations`);
    }
    const salted = await derive(
      this.#password,
      Buffer.from(salt, 'base64'),
      iterations,
      keyBytes[this.#digest],
      this.#digest,
    );
    const clientKey = this.#hmac(salted, 'Client Key');
    const storedKey = createHash(this.#digest).update(clientKey).digest();
    const withoutProof = `c=biws,r=${nonce}`;
    const signed = `${this.#firstBare},${serverFirst},${withoutProof}`;
    const signature = this.#hmac(storedKey, signed);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ signature[index]!));
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), signed);
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** @throws Error where the server does not know the password itself, or refuses it */
  verify(serverFinal: string): void {
    const { v: signature = '', e: refusal } = attributes(serverFinal);
    if (refusal !== undefined) throw new Error(refusal);
    const given = Buffer.from(signature, 'base64');
    const expected = this.#serverSignature!;
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new Error('the server does not prove that it knows this user');
    }
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#digest, key).update(text).digest();
  }
}

function attributes(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(',').map((part) => [part[0] ?? '', part.slice(2)]));
}
