import {
  allocateBytes,
  areOwnMapKeys,
  asBuffer,
  copyBytes,
  readLong,
  type Serde,
  textLength,
  writeLong,
  writeText,
} from '@millrace/log-client';
import type { Windowed } from '../record/record.ts';

/**
 * Windowed keys as Kafka's TimeWindowedSerializer writes them: the key, then the window's start as 8 bytes.
 * The size is not written; a reader has to know it. In milliseconds.
 */
export function timeWindowed<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  const own = key.mapKey === undefined ? undefined : (inner: K): unknown => key.mapKey!(inner);
  const innerKey = areOwnMapKeys(key) ? (inner: K): unknown => inner : own;
  return {
    name: `timeWindowed(${key.name ?? 'custom'})`,
    ...(innerKey === undefined
      ? {}
      : {
          mapKey: ({ key: inner, window }: Windowed<K>) => `${window.start} ${String(innerKey(inner))}`,
          mapGroup: ({ window }: Windowed<K>) => window.start,
          mapMember: ({ key: inner }: Windowed<K>) => innerKey(inner),
        }),
    serialize({ key: inner, window }) {
      const windowed = withRoom(key, inner, 8);
      const at = windowed.length - 8;
      writeLong(windowed, window.start, at);
      return windowed;
    },
    deserialize(bytes) {
      const at = bytes.length - 8;
      const buffer = asBuffer(bytes);
      const start = readLong(buffer, at);
      return { key: key.deserialize(bytes.subarray(0, at)), window: { start, end: start + sizeMs } };
    },
  };
}

/**
 * Session keys as Kafka's SessionWindowedSerializer writes them: the key, then end and start as 8 bytes each.
 * In milliseconds.
 */
export function sessionWindowed<K>(key: Serde<K>): Serde<Windowed<K>> {
  return {
    name: `sessionWindowed(${key.name ?? 'custom'})`,
    serialize({ key: inner, window }) {
      const windowed = withRoom(key, inner, 16);
      const at = windowed.length - 16;
      writeLong(windowed, window.end, at);
      writeLong(windowed, window.start, at + 8);
      return windowed;
    },
    deserialize(bytes) {
      const at = bytes.length - 16;
      const buffer = asBuffer(bytes);
      const [end, start] = [readLong(buffer, at), readLong(buffer, at + 8)];
      return { key: key.deserialize(bytes.subarray(0, at)), window: { start, end } };
    },
  };
}

/** A key's bytes with some behind them that are yet to be written. */
function withRoom<K>(serde: Serde<K>, key: K, room: number): Buffer {
  if (serde.serializeText !== undefined) {
    const text = serde.serializeText(key);
    const bytes = allocateBytes(textLength(text) + room);
    writeText(text, bytes, 0);
    return bytes;
  }
  const inner = serde.serialize(key);
  const bytes = allocateBytes(inner.length + room);
  copyBytes(inner, bytes, 0);
  return bytes;
}
