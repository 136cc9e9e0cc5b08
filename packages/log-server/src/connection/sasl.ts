import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

const iterations = 4096;
const digests = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const;
const keyBytes = { sha256: 32, sha512: 64 } as const;

export const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type Mechanism = (typeof mechanisms)[number];

type Digest = (typeof digests)[keyof typeof digests];

/** What a SCRAM server keeps in place of a password. */
interface ScramKeys {
  readonly salt: Buffer;
  readonly stored: Buffer;
  readonly server: Buffer;
}

export type SaslStep = { readonly answer: Buffer; readonly isDone: boolean } | { readonly refusal: string };

const refused: SaslStep = { refusal: 'the user name or the token is wrong' };

/** Knows the one token that lets clients in, under any user name. */
export class Credentials {
  readonly #token: Buffer;
  readonly #scram = new Map<Digest, ScramKeys>();

  constructor(token: string) {
    this.#token = Buffer.from(token);
  }

  isToken(given: Buffer): boolean {
    const hash = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
    return timingSafeEqual(hash(given), hash(this.#token));
  }

  /** Worked out once for a server: it costs thousands of hashes. */
  keys(digest: Digest): ScramKeys {
    let keys = this.#scram.get(digest);
    if (keys === undefined) {
      const salt = randomBytes(16);
      const salted = pbkdf2Sync(this.#token, salt, iterations, keyBytes[digest], digest);
      const stored = createHash(digest)
        .update(hmac(digest, salted, 'Client Key'))
        .digest();
      keys = { salt, stored, server: hmac(digest, salted, 'Server Key') };
      this.#scram.set(digest, keys);
    }
    return keys;
  }
}

function hmac(digest: Digest, key: Buffer, text: string): Buffer {
  return createHmac(digest, key).update(text).digest();
}

/** One login of a connection: what the client says, step by step. */
export interface SaslLogin {
  step(message: Buffer): SaslStep;
}

export function saslLogin(mechanism: Mechanism, credentials: Credentials): SaslLogin {
  return mechanism === 'PLAIN' ? plainLogin(credentials) : new ScramLogin(digests[mechanism], credentials);
}

function plainLogin(credentials: Credentials): SaslLogin {
  return {
    step: (message) => {
      const userAt = message.indexOf(0);
      const tokenAt = userAt < 0 ? -1 : message.indexOf(0, userAt + 1);
      if (tokenAt < 0 || !credentials.isToken(message.subarray(tokenAt + 1))) return refused;
      return { answer: Buffer.alloc(0), isDone: true };
    },
  };
}

/** SCRAM (RFC 5802), the server's side, without channel binding. */
class ScramLogin implements SaslLogin {
  readonly #digest: Digest;
  readonly #keys: ScramKeys;
  #firstBare = '';
  #serverFirst = '';
  #nonce = '';

  constructor(digest: Digest, credentials: Credentials) {
    this.#digest = digest;
    this.#keys = credentials.keys(digest);
  }

  step(message: Buffer): SaslStep {
    const text = message.toString();
    return this.#nonce === '' ? this.#first(text) : this.#final(text);
  }

  #first(text: string): SaslStep {
    const found = /^[ny],(?:a=[^,]*)?,(?<bare>n=[^,]*,r=(?<nonce>[^,]+).*)$/s.exec(text)?.groups;
    if (found === undefined) return refused;
    this.#firstBare = found['bare']!;
    this.#nonce = found['nonce']! + randomBytes(18).toString('base64');
    this.#serverFirst = `r=${this.#nonce},s=${this.#keys.salt.toString('base64')},i=${iterations}`;
    return { answer: Buffer.from(this.#serverFirst), isDone: false };
  }

  #final(text: string): SaslStep {
    const found = /^(?<bare>c=[^,]*,r=(?<nonce>[^,]+)),p=(?<proof>[^,]+)$/.exec(text)?.groups;
    if (found === undefined || found['nonce'] !== this.#nonce) return refused;
    const signed = `${this.#firstBare},${this.#serverFirst},${found['bare']}`;
    const signature = hmac(this.#digest, this.#keys.stored, signed);
    const proof = Buffer.from(found['proof']!, 'base64');
    if (proof.length !== signature.length) return refused;
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ signature[index]!));
    const stored = createHash(this.#digest).update(clientKey).digest();
    if (!timingSafeEqual(stored, this.#keys.stored)) return refused;
    const answer = `v=${hmac(this.#digest, this.#keys.server, signed).toString('base64')}`;
    return { answer: Buffer.from(answer), isDone: true };
  }
}
