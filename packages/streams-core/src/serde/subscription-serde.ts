import { asBuffer, type Serde } from '@millrace/log-client';

/**
 * What a left row asks of the right side of a foreign-key join: `answer` always, also that there is no row;
 * `answer-if-there` only with a row; `delete` takes the subscription back without an answer,
 * `delete-and-answer` answers that there is no row.
 */
export type Instruction = 'answer' | 'answer-if-there' | 'delete' | 'delete-and-answer';

const instructions: readonly Instruction[] = ['answer', 'answer-if-there', 'delete', 'delete-and-answer'];

/** A left row that waits for changes of a right row. */
export interface Subscription {
  readonly instruction: Instruction;
  /** The left row's key, serialised, and the partition it is in. */
  readonly primaryKey: Uint8Array;
  readonly primaryPartition: number;
  /** Of the left row's value; undefined where it was deleted. */
  readonly hash: Uint8Array | undefined;
}

/** What comes back: the right row's value, for the left row as it was when it asked. */
export interface SubscriptionResponse<V> {
  readonly hash: Uint8Array | undefined;
  readonly primaryPartition: number;
  readonly value: V | null;
}

export const hashBytes = 16;
const version = 1;

function checkVersion(bytes: Buffer): void {
  if (bytes[0] !== version) {
    throw new Error(
      `A foreign-key join's topic holds a record of version ${bytes[0]}, and this release reads version ${version}: upgrade this instance`,
    );
  }
}

/** | version u8 | instruction u8 | partition u32 | hash length u8 | hash | key |. */
export const subscriptionSerde: Serde<Subscription> = {
  serialize({ instruction, primaryKey, primaryPartition, hash }) {
    const length = hash?.length ?? 0;
    const bytes = Buffer.allocUnsafe(7 + length + primaryKey.length);
    bytes[0] = version;
    bytes[1] = instructions.indexOf(instruction);
    bytes.writeUInt32BE(primaryPartition, 2);
    bytes[6] = length;
    if (hash !== undefined) bytes.set(hash, 7);
    bytes.set(primaryKey, 7 + length);
    return bytes;
  },
  deserialize(source) {
    const bytes = asBuffer(source);
    checkVersion(bytes);
    const keyAt = 7 + bytes[6]!;
    return {
      instruction: instructions[bytes[1]!]!,
      primaryPartition: bytes.readUInt32BE(2),
      hash: keyAt === 7 ? undefined : bytes.subarray(7, keyAt),
      primaryKey: bytes.subarray(keyAt),
    };
  },
};

/** | version u8 | has value u8 | partition u32 | hash length u8 | hash | value |. */
export function responseSerde<V>(value: Serde<V>): Serde<SubscriptionResponse<V>> {
  return {
    serialize({ hash, primaryPartition, value: row }) {
      const head = Buffer.allocUnsafe(7);
      head[0] = version;
      head[1] = row === null ? 0 : 1;
      head.writeUInt32BE(primaryPartition, 2);
      head[6] = hash?.length ?? 0;
      const pieces = [head, hash ?? Buffer.alloc(0), row === null ? Buffer.alloc(0) : value.serialize(row)];
      return Buffer.concat(pieces);
    },
    deserialize(source) {
      const bytes = asBuffer(source);
      checkVersion(bytes);
      const valueAt = 7 + bytes[6]!;
      return {
        hash: valueAt === 7 ? undefined : bytes.subarray(7, valueAt),
        primaryPartition: bytes.readUInt32BE(2),
        value: bytes[1] === 0 ? null : value.deserialize(bytes.subarray(valueAt)),
      };
    },
  };
}
