import { asBuffer, type Bytes, copyBytes, type Serde } from '@millrace/log-client';

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
  readonly primaryKey: Uint8Array;
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
  const restBytes = typeof rest === 'string' ? Buffer.byteLength(rest) : (rest?.length ?? 0);
  const bytes = Buffer.allocUnsafe(headerBytes + length + restBytes);
  bytes[0] = version;
  bytes[1] = code;
  bytes.writeUInt32BE(primaryPartition, 2);
  bytes[6] = length;
  if (hash !== undefined) copyBytes(hash, bytes, headerBytes);
  if (rest !== null) copyBytes(rest, bytes, headerBytes + length);
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

function hashIn(bytes: Buffer): Uint8Array | undefined {
  const length = bytes[6]!;
  return length === 0 ? undefined : bytes.subarray(headerBytes, headerBytes + length);
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
      : (bytes, at) => value.deserializeText!(bytes.toString('utf8', at));
  return {
    serialize: (response) =>
      response.value === null ? encode(response, 0, null) : encode(response, 1, written(response.value)),
    deserialize(source) {
      const bytes = asBuffer(source);
      return {
        version: versionOf(bytes),
        hash: hashIn(bytes),
        primaryPartition: bytes.readUInt32BE(2),
        value: bytes[1] === 0 ? null : read(bytes, headerBytes + bytes[6]!),
      };
    },
  };
}
