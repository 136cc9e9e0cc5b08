import type { Serde } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BytesChange } from '../src/bytes-store.ts';
import { collect } from '../src/conformance/support.ts';
import { KeyMap, keyParts } from '../src/layers/key-map.ts';
import { overlay, prefixEnd } from '../src/layers/merge.ts';
import { OpenEntries } from '../src/layers/segmented/open-entries.ts';
import { TimeIndex } from '../src/layers/time-index.ts';

const time = fc.integer({ min: 0, max: 9 });

test('a time index gives its items by time, against a sorted list', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), time, item: fc.nat(5) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), time, item: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('visit', 'first' as const), time }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const index = new TimeIndex<number>();
      const times = new Map<number, Set<number>>();
      const sorted = (until: number) =>
        [...times]
          .filter(([at, items]) => at <= until && items.size > 0)
          .sort(([a], [b]) => a - b)
          .map(([at, items]) => [at, [...items].toSorted((a, b) => a - b)] as const);
      const plain = (at: number, items: ReadonlySet<number>) =>
        [at, [...items].toSorted((a, b) => a - b)] as const;
      for (const one of steps) {
        if (one.do === 'add') {
          index.add(one.time, one.item);
          times.set(one.time, (times.get(one.time) ?? new Set()).add(one.item));
        } else if (one.do === 'delete') {
          index.delete(one.time, one.item);
          times.get(one.time)?.delete(one.item);
        } else if (one.do === 'first') {
          const first = index.first();
          const [wanted] = sorted(Number.POSITIVE_INFINITY);
          expect(first === undefined ? undefined : plain(0, first)[1]).toEqual(wanted?.[1]);
          if (wanted !== undefined) expect(index.min).toBe(wanted[0]);
        } else {
          const seen: (readonly [number, readonly number[]])[] = [];
          index.visitUntil(one.time, (at, items) => {
            if (items.size > 0) seen.push(plain(at, items));
          });
          expect(seen).toEqual(sorted(one.time));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('open entries are taken out by time, each key of a time once, against a sorted list', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), time, key: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('take' as const), time }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const open = new OpenEntries();
      let entries: { readonly time: number; readonly key: number }[] = [];
      for (const one of steps) {
        if (one.do === 'add') {
          open.add(one.time, one.key, Buffer.of(one.key));
          if (!entries.some(({ time: at, key }) => at === one.time && key === one.key)) entries.push(one);
        } else {
          const taken: string[] = [];
          open.takeUntil(one.time, (at, keys) => {
            for (const [key, bytes] of [...keys].toSorted(([a], [b]) => Number(a) - Number(b)))
              taken.push(`${at} ${String(key)} ${bytes[0]}`);
          });
          const due = entries.filter(({ time: at }) => at <= one.time);
          const sorted = due.toSorted((a, b) => a.time - b.time || a.key - b.key);
          expect(taken).toEqual(sorted.map(({ time: at, key }) => `${at} ${key} ${key}`));
          entries = entries.filter(({ time: at }) => at > one.time);
        }
        const earliest = Math.min(...entries.map(({ time: at }) => at));
        expect(open.min).toBe(entries.length === 0 ? undefined : earliest);
      }
    }),
    { numRuns: 500 },
  );
});

describe('a key map', () => {
  const plain: Serde<readonly [number, number]> = {
    serialize: ([a, b]) => Buffer.from([a, b]),
    deserialize: (bytes) => [bytes[0]!, bytes[1]!],
    mapKey: ([a, b]) => `${a} ${b}`,
  };
  const grouped = {
    ...plain,
    mapGroup: ([a]: readonly [number, number]) => a,
    mapMember: ([, b]: readonly [number, number]) => b,
  };

  test('groups keys where their serde says how, and only then', () => {
    expect(keyParts(grouped).group?.([3, 4])).toBe(3);
    expect(keyParts(grouped).member([3, 4])).toBe(4);
    expect(keyParts(plain).group).toBeUndefined();
    expect(keyParts(plain).member([3, 4])).toBe('3 4');
    expect(keyParts({ ...plain, mapGroup: ([a]) => a }).group).toBeUndefined();
    expect(keyParts({ ...plain, mapMember: ([, b]) => b }).group).toBeUndefined();
  });

  test.each([
    ['with groups', grouped],
    ['without groups', plain],
  ])('%s holds one item for each key, against a map by text', (_name, serde) => {
    const key = fc.tuple(fc.nat(3), fc.nat(3));
    const step = fc.record({ do: fc.constantFrom('add', 'delete', 'clear' as const), key, item: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const map = new KeyMap<readonly [number, number], number>(keyParts(serde));
        const wanted = new Map<string, number>();
        for (const { do: what, key: at, item } of steps) {
          if (what === 'add' && !wanted.has(String(at))) {
            map.add(at, item);
            wanted.set(String(at), item);
          } else if (what === 'delete') {
            map.delete(at);
            wanted.delete(String(at));
          } else if (what === 'clear' && item % 5 === 0) {
            map.clear();
            wanted.clear();
          }
          expect(map.size).toBe(wanted.size);
          expect(map.get(at)).toBe(wanted.get(String(at)));
        }
      }),
    );
  });
});

test('a range of a bytes store with newer changes over it is as if they had been written', async () => {
  const key = fc
    .array(fc.constantFrom(0, 1, 254, 255), { minLength: 1, maxLength: 2 })
    .map((list) => Buffer.from(list));
  const bound = fc.option(key, { nil: undefined });
  const changes = fc.array(fc.record({ key, value: fc.option(fc.nat(9), { nil: undefined }) }), {
    maxLength: 8,
  });
  const entries = fc.array(fc.tuple(key, fc.nat(9)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      entries,
      changes,
      bound,
      bound,
      fc.boolean(),
      async (stored, newer, from, to, reverse) => {
        const base = new Map(stored.map(([at, value]) => [at.toString('latin1'), value]));
        const latest = new Map(newer.map(({ key: at, value }) => [at.toString('latin1'), value]));
        const within = (at: string): boolean =>
          (from === undefined || at >= from.toString('latin1')) &&
          (to === undefined || at < to.toString('latin1'));
        const inOrder = (names: Iterable<string>): string[] => {
          const sorted = [...names].filter(within).sort();
          return reverse ? sorted.reverse() : sorted;
        };
        async function* iterate() {
          for (const at of inOrder(base.keys()))
            yield [Buffer.from(at, 'latin1'), Buffer.of(base.get(at)!)] as const;
        }
        const range = { ...(from && { from }), ...(to && { to }), reverse };
        const list = [...latest].map(
          ([at, value]): BytesChange => ({
            key: Buffer.from(at, 'latin1'),
            value: value === undefined ? undefined : Buffer.of(value),
          }),
        );
        const found = (await collect(overlay(iterate(), list, range))).map(
          ([at, value]) => `${Buffer.from(at).toString('hex')}=${value[0]}`,
        );
        const merged = new Map<string, number | undefined>([...base, ...latest]);
        const wanted = inOrder(merged.keys())
          .filter((at) => merged.get(at) !== undefined)
          .map((at) => `${Buffer.from(at, 'latin1').toString('hex')}=${merged.get(at)}`);
        expect(found).toEqual(wanted);
      },
    ),
    { numRuns: 500 },
  );
});

test('the end of a prefix is the first key that does not start with it', () => {
  const end = (...bytes: number[]) => prefixEnd(Buffer.from(bytes))?.toString();
  expect(prefixEnd(Buffer.from([1, 2]))).toEqual(Buffer.from([1, 3]));
  expect(prefixEnd(Buffer.from([1, 255]))).toEqual(Buffer.from([2]));
  expect(prefixEnd(Buffer.from([1, 255, 255]))).toEqual(Buffer.from([2]));
  expect(end(255, 255)).toBeUndefined();
  expect(end()).toBeUndefined();
});
