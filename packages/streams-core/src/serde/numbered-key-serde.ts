import { allocateBytes, asBuffer, type Serde } from '@millrace/log-client';

/** A key with a number that tells its records apart. */
export interface NumberedKey<K> {
  readonly key: K;
  readonly sequence: number;
}

/** | key | sequence f64 |: records of one key sort in the order of their numbers. */
export function numberedKey<K>(key: Serde<K>): Serde<NumberedKey<K>> {
  return {
    serialize({ key: inner, sequence }) {
      const bytes = key.serialize(inner);
      const whole = allocateBytes(bytes.length + 8);
      whole.set(bytes);
      whole.writeDoubleBE(sequence, bytes.length);
      return whole;
    },
    deserialize(bytes) {
      const at = bytes.length - 8;
      const buffer = asBuffer(bytes);
      return { key: key.deserialize(bytes.subarray(0, at)), sequence: buffer.readDoubleBE(at) };
    },
  };
}
