import { type Bytes, bytes, type ProducerRecord, toBytes } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { MemoryChangelog } from '../src/conformance/support.ts';
import { GroupView } from '../src/kinds/group/view.ts';
import { KeyValueView } from '../src/kinds/key-value/view.ts';
import { sessionStore } from '../src/kinds/session/spec.ts';
import { SessionView } from '../src/kinds/session/view.ts';
import { VersionedView } from '../src/kinds/versioned/view.ts';
import { windowStore } from '../src/kinds/window/spec.ts';
import { WindowView } from '../src/kinds/window/view.ts';
import type { WriteBackLimits } from '../src/layers/write-back.ts';
import { MemoryStore, type StateStore } from '../src/runtime.ts';
import type { ChangeList } from '../src/state-store.ts';

// What stays in memory is bounded by what rows take, not by how many keys they have: a row of a cell's size
// (256 bytes) weighs as much as a cell.

const [key, value] = [bytes(), bytes()];
const common = { key, value, persistent: true, logging: true, name: 's' } as const;
const never = Number.MAX_SAFE_INTEGER;

interface Weighed {
  readonly store: StateStore;
  /** Puts, or deletes where `row` is null, the row of a key at a time (or member of a group). */
  readonly put: (key: Buffer, time: number, row: Buffer | null) => void;
  /** What a key weighs with rows of these lengths. */
  readonly weigh: (lengths: readonly number[]) => number;
}

const entries = (lengths: readonly number[]): number =>
  1 + lengths.reduce((sum, length) => sum + 0.25 + length / 256, 0);
const members = (lengths: readonly number[]): number =>
  1 + lengths.reduce((sum, length) => sum + 1 + length / 256, 0);

/** Each kind that drops rows from memory. */
const kinds: Readonly<Record<string, (limits: WriteBackLimits) => Weighed>> = {
  'key-value': (limits) => {
    const view = new KeyValueView<Uint8Array, Uint8Array>({ ...common, kind: 'key-value' }, options(limits));
    return {
      store: view,
      put: (one, _, row) => view.put(one, row, 7),
      weigh: (lengths) => 1 + (lengths.at(-1) ?? 0) / 256,
    };
  },
  versioned: (limits) => {
    const spec = { ...common, kind: 'versioned', historyRetentionMs: never } as const;
    const view = new VersionedView<Uint8Array, Uint8Array>(spec, options(limits));
    return { store: view, put: (one, time, row) => view.put(one, row, time), weigh: entries };
  },
  window: (limits) => {
    const spec = windowStore({ name: 's', key, value, retentionMs: never, windowSizeMs: 10 });
    const view = new WindowView<Uint8Array, Uint8Array>(spec, options(limits));
    return { store: view, put: (one, time, row) => view.put(one, row, time), weigh: entries };
  },
  session: (limits) => {
    const view = new SessionView<Uint8Array, Uint8Array>(
      sessionStore({ name: 's', key, value, retentionMs: never }),
      options(limits),
    );
    return { store: view, put: (one, time, row) => view.put(one, row, time, time), weigh: entries };
  },
  group: (limits) => {
    const view = new GroupView<Uint8Array, Uint8Array>({ ...common, kind: 'group' }, options(limits));
    return {
      store: view,
      put: (one, time, row) => view.put(one, Buffer.from(`member-${time}`), row, 7),
      weigh: members,
    };
  },
};

function options(limits: WriteBackLimits) {
  return { backing: new MemoryStore(), timestamp: () => 7, limits };
}

describe.each(Object.entries(kinds))('%s', (kind, open) => {
  const unlimited = { flushCells: never, flushAfterMs: never, maxCells: never };

  test('memory weighs what the rows in it do, after any changes, and after they were restored', () => {
    const row = fc.option(fc.integer({ min: 0, max: 700 }), { freq: 4 });
    const change = fc.tuple(fc.nat(4), fc.nat(6), row);
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const { store, put, weigh } = open(unlimited);
        const model = new Map<number, Map<number, number | null>>();
        const log = new MemoryChangelog();
        for (const [one, time, length] of changes) {
          put(Buffer.from(`key-${one}`), time, length === null ? null : Buffer.alloc(length));
          const rows = model.get(one) ?? new Map<number, number | null>();
          // One row a key, whatever its time; of a time, the last. Deletes are versions.
          if (kind === 'key-value') rows.clear();
          if (length !== null || kind === 'versioned') rows.set(time, length);
          else rows.delete(time);
          model.set(one, rows);
        }
        log.commit(store);
        let expected = 0;
        for (const rows of model.values()) expected += weigh([...rows.values()].map((length) => length ?? 0));
        expect(store.stats.memoryRows).toBe(Math.round(expected));

        const copy = open(unlimited);
        log.restoreInto(copy.store);
        // A key whose rows are all gone may leave its cell, or not.
        const gone = [...model.values()].filter((rows) => rows.size === 0).length;
        expect(copy.store.stats.memoryRows).toBeLessThanOrEqual(Math.round(expected));
        expect(copy.store.stats.memoryRows).toBeGreaterThanOrEqual(Math.round(expected) - gone - 1);
      }),
    );
  });

  test('large rows leave memory sooner, and are written to the bytes store sooner', () => {
    const limits = { flushCells: 100, flushAfterMs: never, maxCells: 400 };
    const { store, put } = open(limits);
    const log = new MemoryChangelog();
    let unflushed = 0;
    for (let n = 0; n < 300; n++) {
      put(Buffer.from(`key-${n >> 1}`), n & 1, Buffer.alloc(10_000));
      log.commit(store);
      unflushed = Math.max(unflushed, store.stats.unflushedRows);
    }
    log.commit(store);
    expect(store.stats.memoryRows).toBeLessThanOrEqual(limits.maxCells);
    // Some stay, of 40 cells each.
    expect(store.stats.memoryRows).toBeGreaterThan(80);
    expect(unflushed).toBeLessThan(10);
  });
});

test.each(Object.entries(kinds))(
  '%s: large rows that replace what was written are written as soon, one that changes often counts once',
  (_, open) => {
    const { store, put } = open({ flushCells: 100, flushAfterMs: never, maxCells: never });
    const log = new MemoryChangelog();
    const flushesOf = (change: (n: number) => void, count: number): number => {
      const before = store.stats.flushes;
      for (let n = 0; n < count; n++) {
        change(n);
        log.commit(store);
      }
      return store.stats.flushes - before;
    };
    const large = Buffer.alloc(10_000);
    const each = (n: number): void => put(Buffer.from(`key-${n}`), 1, large);
    // Of 40 cells each, three make a hundred.
    const first = flushesOf(each, 30);
    expect(first).toBe(10);
    expect(flushesOf(each, 30)).toBe(first);
    // Changes count of which a restart would have to read the changelog: ten a cell.
    const busy = (): void => put(Buffer.from('key-0'), 1, large);
    expect(flushesOf(busy, 900)).toBe(0);
    expect(flushesOf(() => put(Buffer.from('key-0'), 1, null), 1)).toBe(0);
  },
);

/** A list that copies what it gets, as those of logs do. */
class CopyingList implements ChangeList {
  readonly copies = true;
  readonly records: ProducerRecord[] = [];

  push({ key: one, value: row, ...rest }: ProducerRecord): void {
    const copy = (part: Bytes | null): Bytes | null => (part === null ? null : Buffer.from(toBytes(part)));
    this.records.push({ key: copy(one), value: copy(row), ...rest });
  }
}

test.each(Object.entries(kinds))(
  '%s: changes are the same in a list that copies them, whose keys share memory',
  (_, open) => {
    const taken = [new CopyingList(), [] as ProducerRecord[]].map((list) => {
      const { store, put } = open({ flushCells: never, flushAfterMs: never, maxCells: never });
      for (const name of ['a', 'b', 'long'.repeat(100), 'c', 'd'])
        for (const time of [1, 12, 3]) put(Buffer.from(name), time, Buffer.from(`${name} ${time}`));
      put(Buffer.from('a'), 1, null);
      store.takeChanges(list);
      return list instanceof CopyingList ? list.records : list;
    });
    expect(taken[0]).toEqual(taken[1]);
    expect(taken[0]!.length).toBeGreaterThan(4);
  },
);

test('group: one of more than a hundred members stays in memory, where small ones go', () => {
  const limits = { flushCells: 1, flushAfterMs: 0, maxCells: 400 };
  const backing = new MemoryStore();
  const view = new GroupView<Uint8Array, Uint8Array>(
    { ...common, kind: 'group' },
    { ...options(limits), backing },
  );
  const log = new MemoryChangelog();
  const fill = (group: string, count: number): void => {
    for (let n = 0; n < count; n++) view.put(Buffer.from(group), Buffer.from(`${n}`), Buffer.from('x'), 7);
    log.commit(view);
  };
  fill('large', 101);
  fill('larger', 1000);
  for (let n = 0; n < 200; n++) fill(`small-${n}`, 2);
  let read = 0;
  vi.spyOn(backing, 'get').mockImplementation((one) => {
    read++;
    return MemoryStore.prototype.get.call(backing, one);
  });
  expect(view.members(Buffer.from('large'))).toHaveLength(101);
  expect(read).toBe(0);
  expect(view.members(Buffer.from('larger'))).toHaveLength(1000);
  // What they take is not missing to the others.
  expect(view.members(Buffer.from('small-199'))).toHaveLength(2);
  expect(read).toBe(0);
  expect(view.members(Buffer.from('small-0'))).toHaveLength(2);
  expect(read).toBe(1);
});
