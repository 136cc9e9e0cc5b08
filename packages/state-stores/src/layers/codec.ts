import {
  areOwnMapKeys,
  asBuffer,
  type Bytes,
  latin1Of,
  readText,
  type Serde,
  textBytes,
  toBytes,
} from '@millrace/log-client';
import { StoreError } from '../errors.ts';
import type { CommonSpec } from '../kinds/common-spec.ts';
import { ownBytes } from './own-bytes.ts';

/**
 * How a view keeps keys and values in memory: as they are where they are immutable, else as text or
 * bytes.
 */
export interface KeyCodec<K> {
  readonly serde: Serde<K>;
  readonly mapKey: (key: K) => unknown;
  /** A key as it is written, to keep: its text where the serde has one, which takes less memory. */
  readonly written: (key: K) => Bytes;
  /** Likewise, of a key that was read from these bytes. */
  readonly rewritten: (key: K, bytes: Uint8Array) => Bytes;
  /** @throws StoreError `STORE_UNREADABLE` */
  readonly read: (bytes: Uint8Array) => K;
  /** As `read`, where the result of `mapKey` is known: that may be the key. */
  readonly fromMapKey: (mapKey: unknown, written: Bytes) => K;
}

export interface ValueCodec<V> {
  /** A value as a cell keeps it. */
  keep(value: V): unknown;
  /** `key` is for the error's message. @throws StoreError `STORE_UNREADABLE` */
  give(kept: unknown, key: unknown): V;
  encode(kept: unknown): Uint8Array;
  /** As `encode`, for the changelog, which takes texts too. */
  log(kept: unknown): Bytes;
  /** `key` is for the error's message. @throws StoreError `STORE_UNREADABLE` */
  decode(bytes: Uint8Array, key: unknown): unknown;
}

export function keyCodec<K, V>({ name, key: serde }: CommonSpec<K, V>): KeyCodec<K> {
  const read = (bytes: Uint8Array): K => {
    try {
      return serde.deserialize(bytes);
    } catch (cause) {
      throw unreadable({ what: `a key of store "${name}"`, side: 'key', serde, stored: bytes }, cause);
    }
  };
  const fromMapKey: KeyCodec<K>['fromMapKey'] = areOwnMapKeys(serde)
    ? (mapKey) => mapKey as K
    : (_, written) => read(toBytes(written));
  const isText = serde.serializeText !== undefined && serde.deserializeText !== undefined;
  const written: KeyCodec<K>['written'] = isText
    ? (key) => serde.serializeText!(key)
    : (key) => ownBytes(serde.serialize(key));
  const rewritten: KeyCodec<K>['rewritten'] = isText ? written : (_, bytes) => ownBytes(bytes);
  return { serde, read, fromMapKey, written, rewritten, mapKey: mapKeyOf(serde) };
}

/** What no key is in a Map. */
export const noMapKey = {};

/** A key for a Map, for each key of a serde; equal exactly where the serialised keys are. */
export function mapKeyOf<K>(serde: Serde<K>): (key: K) => unknown {
  if (areOwnMapKeys(serde)) return (key) => key;
  if (serde.mapKey !== undefined) return (key) => serde.mapKey!(key);
  return (key) => latin1Of(serde.serialize(key));
}

export function valueCodec<K, V>({ name, value: serde }: CommonSpec<K, V>): ValueCodec<V> {
  const fail = (cause: unknown, key: unknown, kept: unknown): StoreError =>
    unreadable(
      { what: `the value of key ${preview(key)} in store "${name}"`, side: 'value', serde, stored: kept },
      cause,
    );
  const read = (bytes: Uint8Array, key: unknown): V => {
    try {
      return serde.deserialize(bytes);
    } catch (cause) {
      throw fail(cause, key, bytes);
    }
  };
  if (serde.immutable === true) {
    const isText = serde.serializeText !== undefined;
    return {
      keep: (value) => value,
      give: (kept) => kept as V,
      encode: (kept) => serde.serialize(kept as V),
      log: isText ? (kept) => serde.serializeText!(kept as V) : (kept) => serde.serialize(kept as V),
      decode: read,
    };
  }
  // Serialised at once: what a user does to the object later must not reach the store.
  if (serde.serializeText !== undefined && serde.deserializeText !== undefined) {
    return {
      keep: (value) => serde.serializeText!(value),
      give: (kept, key) => {
        try {
          return serde.deserializeText!(kept as string);
        } catch (cause) {
          throw fail(cause, key, kept);
        }
      },
      encode: (kept) => textBytes(kept as string),
      log: (kept) => kept as string,
      decode: (bytes) => readText(asBuffer(bytes), 0, bytes.length),
    };
  }
  return {
    keep: (value) => ownBytes(serde.serialize(value)),
    give: (kept, key) => read(kept as Uint8Array, key),
    encode: (kept) => kept as Uint8Array,
    log: (kept) => kept as Uint8Array,
    decode: ownBytes,
  };
}

const previewLength = 60;

/** A key or value for a message: short, and readable where it is text. */
function preview(value: unknown): string {
  const text =
    value instanceof Uint8Array
      ? JSON.stringify(asBuffer(value).toString('latin1'))
      : (JSON.stringify(value) ?? String(value));
  return text.length > previewLength ? `${text.slice(0, previewLength)}…` : text;
}

interface Unreadable {
  readonly what: string;
  readonly side: 'key' | 'value';
  readonly serde: { readonly name?: string | undefined };
  readonly stored: unknown;
}

function unreadable({ what, side, serde, stored }: Unreadable, cause: unknown): StoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(
    'STORE_UNREADABLE',
    `The ${side} serde${serde.name === undefined ? '' : ` (${serde.name})`} cannot read ${what}: ${reason}; stored is ${preview(stored)}. It was written by another serde: give the store the serde it was written with, or another name, or reset the application`,
    { cause },
  );
}
