import {
  allocateBytes,
  asBuffer,
  type Bytes,
  bytesLength,
  copyBytes,
  readText,
  type Serde,
} from '@millrace/log-client';

/**
 * What a left row asks of the right side of a foreign-key join: `answer` always, also that there is no row;
 * `answer-if-there` only with a row; `delete` takes the subscription back without an answer,
 * `delete-and-answer` answers that there is no row.
 */
export type Instruction = 'answer' | 'answer-if-there' | 'delete' | 'delete-and-answer';

const instructions: readonly Instruction[] = ['answer', 'answer-if-there', 'delete', 'delete-and-answer'];

/** How a left row's value was hashed: version 1 by SHA-1, version 2 by MurmurHash3. */
export type HashVersion = 1 | 2;

/** A left row that waits for changes of a right row. */
export interface Subscription {
  readonly version: HashVersion;
  readonly instruction: Instruction;
  /** The left row's key, serialised, and the partition it is in. */
  readonly primaryKey: Bytes;
  readonly primaryPartition: number;
  /** Of the left row's value; undefined where it was deleted. */
  readonly hash: Uint8Array | undefined;
}

/** What comes back: the right row's value, for the left row as it was when it asked. */
export interface SubscriptionResponse<V> {
  readonly version: HashVersion;
  readonly hash: Uint8Array | undefined;
  readonly primaryPartition: number;
  readonly value: V | null;
}

const headerBytes = 7;

function versionOf(bytes: Buffer): HashVersion {
  const version = bytes[0];
  if (version === 1 || version === 2) return version;
  throw new Error(
    `A foreign-key join's topic holds a record of version ${version}, and this release reads versions 1 and 2: upgrade this instance`,
  );
}

/** | version u8 | code u8 | partition u32 | hash length u8 | hash | rest |, in one piece. */
function encode(
  { version, primaryPartition, hash }: Pick<Subscription, 'version' | 'primaryPartition' | 'hash'>,
  code: number,
  rest: Bytes | null,
): Buffer {
  const length = hash?.length ?? 0;
  const bytes = allocateBytes(headerBytes + length + bytesLength(rest));
  bytes[0] = version;
  bytes[1] = code;
  bytes.writeUInt32BE(primaryPartition, 2);
  bytes[6] = length;
  if (hash !== undefined) copyBytes(hash, bytes, headerBytes);
  if (rest !== null) copyBytes(rest, bytes, headerBytes + length);
  return bytes;
}

/** The head of another message with a code and a rest of its own. */
function withHead(head: Buffer, code: number, rest: Bytes | null): Buffer {
  const length = headerBytes + head[6]!;
  const bytes = allocateBytes(length + bytesLength(rest));
  for (let at = 0; at < length; at++) bytes[at] = head[at]!;
  bytes[1] = code;
  if (rest !== null) copyBytes(rest, bytes, length);
  return bytes;
}

/** A subscription as it was written: what it says is read when it is asked for. */
class WrittenSubscription implements Subscription {
  readonly version: HashVersion;
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.version = versionOf(bytes);
    this.bytes = bytes;
  }

  get instruction(): Instruction {
    return instructions[this.bytes[1]!]!;
  }

  get primaryPartition(): number {
    return this.bytes.readUInt32BE(2);
  }

  get hash(): Uint8Array | undefined {
    return hashIn(this.bytes);
  }

  get primaryKey(): Uint8Array {
    return this.bytes.subarray(headerBytes + this.bytes[6]!);
  }
}

/** What answers a subscription: its own head with another code, and a row's value. */
export class Answer<V> implements SubscriptionResponse<V> {
  readonly value: V | null;
  readonly #to: Subscription;

  constructor(to: Subscription, value: V | null) {
    this.#to = to;
    this.value = value;
  }

  get version(): HashVersion {
    return this.#to.version;
  }

  get hash(): Uint8Array | undefined {
    return this.#to.hash;
  }

  get primaryPartition(): number {
    return this.#to.primaryPartition;
  }

  /** The head as it was written; undefined where the subscription was not. */
  get head(): Buffer | undefined {
    return this.#to instanceof WrittenSubscription ? this.#to.bytes : undefined;
  }
}

function hashIn(bytes: Buffer): Uint8Array | undefined {
  const length = bytes[6]!;
  return length === 0 ? undefined : bytes.subarray(headerBytes, headerBytes + length);
}

/** A response as it was written. */
class WrittenResponse<V> implements SubscriptionResponse<V> {
  readonly version: HashVersion;
  readonly bytes: Buffer;
  readonly value: V | null;

  constructor(bytes: Buffer, value: V | null) {
    this.version = versionOf(bytes);
    this.bytes = bytes;
    this.value = value;
  }

  get hash(): Uint8Array | undefined {
    return hashIn(this.bytes);
  }

  get primaryPartition(): number {
    return this.bytes.readUInt32BE(2);
  }
}

/** Whether a response is to a row with this hash; undefined for no row. */
export function isAbout(response: SubscriptionResponse<unknown>, hash: Uint8Array | undefined): boolean {
  if (!(response instanceof WrittenResponse)) return sameHash(response.hash, hash);
  const { bytes } = response;
  if (bytes[6] !== (hash?.length ?? 0)) return false;
  if (hash !== undefined)
    for (let at = 0; at < hash.length; at++) if (bytes[headerBytes + at] !== hash[at]) return false;
  return true;
}

function sameHash(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

/** The code is the instruction, the rest is the left row's key. */
export const subscriptionSerde: Serde<Subscription> = {
  serialize: (subscription) =>
    subscription instanceof WrittenSubscription
      ? subscription.bytes
      : encode(subscription, instructions.indexOf(subscription.instruction), subscription.primaryKey),
  deserialize: (bytes) => new WrittenSubscription(asBuffer(bytes)),
};

/** The code says whether there is a row, the rest is its value. */
export function responseSerde<V>(value: Serde<V>): Serde<SubscriptionResponse<V>> {
  // As text where the serde can: one copy less.
  const written: (row: V) => Bytes =
    value.serializeText === undefined ? (row) => value.serialize(row) : (row) => value.serializeText!(row);
  const read: (bytes: Buffer, at: number) => V =
    value.deserializeText === undefined
      ? (bytes, at) => value.deserialize(bytes.subarray(at))
      : (bytes, at) => value.deserializeText!(readText(bytes, at, bytes.length));
  return {
    serialize(response) {
      const { value: row } = response;
      const code = row === null ? 0 : 1;
      const rest = row === null ? null : written(row);
      const head = response instanceof Answer ? response.head : undefined;
      return head === undefined ? encode(response, code, rest) : withHead(head, code, rest);
    },
    deserialize(source) {
      const bytes = asBuffer(source);
      const row = bytes[1] === 0 ? null : read(bytes, headerBytes + bytes[6]!);
      return new WrittenResponse(bytes, row);
    },
  };
}
