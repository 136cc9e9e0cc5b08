import { allocateBytes, asBuffer, type Serde } from '@millrace/log-client';

/** Where a record without a partner stands: its side of the join, its time and its key. */
export interface UnmatchedKey<K> {
  readonly side: 'left' | 'right';
  readonly timestamp: number;
  readonly key: K;
}

/**
 * | side u8, 0 for right | timestamp f64 | key |: at one time the right side sorts before the left, as in
 * Kafka Streams.
 */
export function unmatchedKey<K>(key: Serde<K>): Serde<UnmatchedKey<K>> {
  return {
    serialize({ side, timestamp, key: inner }) {
      const bytes = key.serialize(inner);
      const whole = allocateBytes(9 + bytes.length);
      whole[0] = side === 'left' ? 1 : 0;
      whole.writeDoubleBE(timestamp, 1);
      whole.set(bytes, 9);
      return whole;
    },
    deserialize(bytes) {
      const buffer = asBuffer(bytes);
      return {
        side: buffer[0] === 1 ? 'left' : 'right',
        timestamp: buffer.readDoubleBE(1),
        key: key.deserialize(bytes.subarray(9)),
      };
    },
  };
}

/** The values that wait under one key, in the order in which they came; all of one side. */
export interface UnmatchedValues<V1, V2> {
  readonly side: 'left' | 'right';
  readonly values: readonly (V1 | V2)[];
}

/** | side u8 | ( length u32 | value ) ... | */
export function unmatchedValues<V1, V2>(left: Serde<V1>, right: Serde<V2>): Serde<UnmatchedValues<V1, V2>> {
  const serdes = { left: left as Serde<V1 | V2>, right: right as Serde<V1 | V2> };
  return {
    serialize({ side, values }) {
      const pieces: Uint8Array[] = [Buffer.of(side === 'left' ? 1 : 0)];
      for (const value of values) {
        const bytes = serdes[side].serialize(value);
        const length = allocateBytes(4);
        length.writeUInt32BE(bytes.length, 0);
        pieces.push(length, bytes);
      }
      return Buffer.concat(pieces);
    },
    deserialize(bytes) {
      const buffer = asBuffer(bytes);
      const side = buffer[0] === 1 ? 'left' : 'right';
      const values: (V1 | V2)[] = [];
      for (let at = 1; at < buffer.length; ) {
        const end = at + 4 + buffer.readUInt32BE(at);
        values.push(serdes[side].deserialize(buffer.subarray(at + 4, end)));
        at = end;
      }
      return { side, values };
    },
  };
}
