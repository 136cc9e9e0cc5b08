import type { Serde } from '@millrace/log-client';
import { asBuffer } from './timestamped-value.ts';

/** How a view keeps keys and values in memory: as they are where nobody can change them, else as bytes. */
export interface KeyCodec<K> {
  readonly serde: Serde<K>;
  /** A key for a Map; equal exactly where the serialised keys are. */
  readonly mapKey: (key: K) => unknown;
}

export interface ValueCodec<V> {
  readonly serde: Serde<V>;
  /** A value as a cell keeps it. */
  keep(value: V): unknown;
  give(kept: unknown): V;
  encode(kept: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

export function keyCodec<K>(serde: Serde<K>): KeyCodec<K> {
  if (serde.immutable === true) return { serde, mapKey: (key) => key };
  if (serde.mapKey !== undefined) return { serde, mapKey: (key) => serde.mapKey!(key) };
  return { serde, mapKey: (key) => asBuffer(serde.serialize(key)).toString('latin1') };
}

export function valueCodec<V>(serde: Serde<V>): ValueCodec<V> {
  if (serde.immutable === true) {
    return {
      serde,
      keep: (value) => value,
      give: (kept) => kept as V,
      encode: (kept) => serde.serialize(kept as V),
      decode: (bytes) => serde.deserialize(bytes),
    };
  }
  return {
    serde,
    // Serialised at once: what a user does to the object later must not reach the store.
    keep: (value) => serde.serialize(value),
    give: (kept) => serde.deserialize(kept as Uint8Array),
    encode: (kept) => kept as Uint8Array,
    decode: (bytes) => bytes,
  };
}
