import type { Serde } from '@millrace/log-client';
import { type BytesChange, type BytesRange, compareBytes } from '../bytes-store.ts';
import type { RangeOptions } from '../kinds/key-value/store.ts';

/** The keys that start with `prefix`. */
export function prefixRange(prefix: Uint8Array): BytesRange {
  const end = prefixEnd(prefix);
  return { from: prefix, ...(end === undefined ? {} : { to: end }) };
}

/** The end of the range of keys that start with `prefix`; undefined where it reaches to the last key. */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    if (prefix[at]! === 255) continue;
    const end = Buffer.from(prefix.subarray(0, at + 1));
    end[at] = prefix[at]! + 1;
    return end;
  }
  return undefined;
}

/** The smallest key after `key`. */
export function successor(key: Uint8Array): Uint8Array {
  return Buffer.concat([key, Buffer.of(0)]);
}

/** The bytes between two keys, both inclusive. */
export function keyRange<K>(serde: Serde<K>, { from, to, reverse = false }: RangeOptions<K>): BytesRange {
  return {
    ...(from === undefined ? {} : { from: serde.serialize(from) }),
    ...(to === undefined ? {} : { to: successor(serde.serialize(to)) }),
    reverse,
  };
}

function isWithin(key: Uint8Array, { from, to }: BytesRange): boolean {
  return (
    (from === undefined || compareBytes(key, from) >= 0) && (to === undefined || compareBytes(key, to) < 0)
  );
}

/** The entries of a range of a bytes store, with newer changes laid over them. */
export async function* overlay(
  base: AsyncIterable<readonly [Uint8Array, Uint8Array]>,
  changes: readonly BytesChange[],
  range: BytesRange,
): AsyncIterableIterator<readonly [Uint8Array, Uint8Array]> {
  const direction = range.reverse === true ? -1 : 1;
  const within = changes.filter(({ key }) => isWithin(key, range));
  const sorted = within.sort((a, b) => direction * compareBytes(a.key, b.key));
  let next = 0;
  for await (const entry of base) {
    let replaced = false;
    for (; next < sorted.length; next++) {
      const change = sorted[next]!;
      const order = direction * compareBytes(change.key, entry[0]);
      if (order > 0) break;
      replaced ||= order === 0;
      if (change.value !== undefined) yield [change.key, change.value];
    }
    if (!replaced) yield entry;
  }
  for (; next < sorted.length; next++) {
    const { key, value } = sorted[next]!;
    if (value !== undefined) yield [key, value];
  }
}
