import type { Bytes, Serde } from '@millrace/log-client';
import { asBuffer } from './timestamped-value.ts';

/** How a view keeps keys and values in memory: as they are where nobody can change them, else as text or bytes. */
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
  /** As `encode`, for the changelog, which takes texts too. */
  log(kept: unknown): Bytes;
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
      log: (kept) => serde.serialize(kept as V),
      decode: (bytes) => serde.deserialize(bytes),
    };
  }
  // Serialised at once: what a user does to the object later must not reach the store.
  if (serde.serializeText !== undefined && serde.deserializeText !== undefined) {
    return {
      serde,
      keep: (value) => serde.serializeText!(value),
      give: (kept) => serde.deserializeText!(kept as string),
      encode: (kept) => Buffer.from(kept as string, 'utf8'),
      log: (kept) => kept as string,
      decode: (bytes) => asBuffer(bytes).toString('utf8'),
    };
  }
  return {
    serde,
    keep: (value) => serde.serialize(value),
    give: (kept) => serde.deserialize(kept as Uint8Array),
    encode: (kept) => kept as Uint8Array,
    log: (kept) => kept as Uint8Array,
    decode: (bytes) => bytes,
  };
}
