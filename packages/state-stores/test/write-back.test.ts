import { long, string } from '@millrace/log-client';
import { stillInMemory } from '@millrace/log-client/conformance';
import { describe, expect, test } from 'vitest';
import type { BytesChange, BytesStore, Checkpoint } from '../src/bytes-store.ts';
import { over } from '../src/conformance/support.ts';
import { keyValueStore } from '../src/index.ts';
import { KeyValueView } from '../src/kinds/key-value/view.ts';
import { type Cell, largeWeight, valueWeight, WriteBack } from '../src/layers/write-back.ts';
import { MemoryStore } from '../src/runtime.ts';

const checkpoint = (offset: number) => ({ topicId: 't', offset, streamTime: -1 });
const longAfter = 1_000_000_000;

test('what is not committed never reaches the bytes store, however long it has waited', () => {
  const backing = new MemoryStore();
  const view = new KeyValueView(keyValueStore({ name: 's', key: string(), value: long() }), over(backing));
  const stored = (): boolean => backing.get(string().serialize('a')) !== undefined;
  view.put('a', 1, 0);
  view.takeChanges();
  view.wantsFlush(1);
  // A record that comes while the commit is under way.
  view.put('a', 2, 0);
  view.committed(checkpoint(1), longAfter);
  expect(stored()).toBe(false);
  expect(backing.checkpoint).toBeUndefined();
  view.takeChanges();
  view.committed(checkpoint(2), longAfter + 1);
  expect(stored()).toBe(true);
  expect(backing.checkpoint).toEqual(checkpoint(2));
});

interface Named extends Cell {
  large: number;
  readonly name: string;
}

/** A bytes store whose writes end when the test says so, and a write-back over it with small limits. */
function harness({ isSlow = false, limits = { flushCells: 4, flushAfterMs: 100, maxCells: 8 } } = {}) {
  const writes: { readonly names: string[]; readonly at: Checkpoint | undefined }[] = [];
  const pending: { end: () => void; fail: (error: unknown) => void }[] = [];
  const backing: BytesStore = {
    checkpoint: undefined,
    openedEmpty: true,
    get: () => undefined,
    write(changes, at) {
      writes.push({ names: changes.map(({ key }) => Buffer.from(key).toString()), at });
      if (!isSlow) return;
      return new Promise<void>((end, fail) => pending.push({ end, fail }));
    },
    async *iterate() {},
    clear() {},
    close() {},
  };
  const state = { size: 0, skipped: '' };
  const evictions: number[] = [];
  const layer = new WriteBack<Named>({
    backing,
    limits,
    size: () => state.size,
    evict: (keep) => evictions.push(keep),
    large: ({ large }) => large,
    encode: ({ name }): BytesChange | undefined =>
      name === state.skipped ? undefined : { key: Buffer.from(name), value: Buffer.from('v') },
  });
  const change = (name: string, large = 0): Named => {
    const cell = { name, large, uncommitted: false, unflushed: false };
    layer.changed(cell, large);
    return cell;
  };
  const commit = (offset: number, now: number): void => {
    layer.takeUncommitted();
    layer.afterCommit(checkpoint(offset), now);
  };
  return { layer, writes, pending, evictions, state, change, commit };
}

describe('cells are written to the bytes store', () => {
  test('once as many wait as the limit says, and not one earlier', () => {
    const { change, commit, writes } = harness();
    for (const name of ['a', 'b', 'c']) change(name);
    commit(3, 1);
    expect(writes).toEqual([]);
    change('d');
    commit(4, 2);
    expect(writes).toEqual([{ names: ['a', 'b', 'c', 'd'], at: checkpoint(4) }]);
  });

  test('sooner where their values are large: 256 bytes weigh as much as a cell', () => {
    const { change, commit, writes } = harness();
    change('a', largeWeight(Buffer.alloc(767)));
    commit(1, 1);
    expect(writes).toEqual([]);
    change('b');
    commit(2, 2);
    expect(writes).toHaveLength(1);
    expect([valueWeight('x'.repeat(512)), largeWeight('x'.repeat(512))]).toEqual([2, 2]);
    // Of small ones their cell counts.
    expect([valueWeight('x'.repeat(128)), largeWeight('x'.repeat(128))]).toEqual([0.5, 0]);
    // Objects are kept whole: how large they are is not known.
    expect(valueWeight({ text: 'x'.repeat(512) })).toBe(0);
  });

  test('unless they have gone before; but what a restart would read of the changelog is bounded', () => {
    const { layer, change, commit, writes } = harness();
    change('a');
    for (let n = 0; n < 38; n++) {
      const cell = change('short-lived');
      layer.gone(cell);
      layer.gone(cell);
      commit(n, 1);
      expect(layer.stats.unflushedRows).toBe(1);
      expect(layer.unflushed.map(({ name }) => name)).toEqual(['a']);
    }
    expect(writes).toEqual([]);
    layer.gone(change('short-lived'));
    commit(40, 1);
    expect(writes).toEqual([{ names: ['a'], at: checkpoint(40) }]);
  });

  test('with the checkpoint alone where all of them have gone', () => {
    const { layer, change, commit, writes } = harness();
    layer.gone(change('short-lived'));
    expect(layer.unflushed).toEqual([]);
    commit(1, 1000);
    expect(writes).toEqual([]);
    commit(1, 1100);
    expect(writes).toEqual([{ names: [], at: checkpoint(1) }]);
    commit(1, 2000);
    expect(writes).toHaveLength(1);
  });

  test('without those that have gone, which do not stay in memory until then', async () => {
    const { layer, change } = harness({ limits: { flushCells: 1e6, flushAfterMs: 1e6, maxCells: 1e6 } });
    const gone: WeakRef<object>[] = [];
    for (let n = 0; n < 5000; n++) {
      const cell = change('short-lived');
      gone.push(new WeakRef(cell));
      layer.gone(cell);
    }
    layer.takeUncommitted();
    expect(await stillInMemory(gone)).toBeLessThan(1000);
  });

  test('sooner where large values come to cells that are changed already, and later where they go', () => {
    const { layer, change, commit, writes } = harness();
    const cell = change('a');
    const grow = (by: number): void => {
      cell.large += by;
      layer.changed(cell, by);
    };
    grow(2.5);
    commit(1, 1);
    grow(-1);
    grow(1.25);
    commit(2, 2);
    expect(writes).toEqual([]);
    grow(0.5);
    commit(3, 3);
    expect(writes).toHaveLength(1);
  });

  test('a cell that has been written counts whole, whatever of it changes; one that goes takes all with it', () => {
    const { layer, change, commit, writes } = harness();
    const cell = change('a', 3);
    commit(1, 1);
    expect(writes).toHaveLength(1);
    layer.changed(cell);
    commit(2, 2);
    expect(writes).toHaveLength(2);
    layer.gone(change('b', 3));
    change('c');
    commit(3, 3);
    expect(writes).toHaveLength(2);
    for (const name of ['d', 'e', 'f']) change(name);
    commit(4, 4);
    expect(writes).toHaveLength(3);
  });

  test('at the latest so long after the first of them was seen by a commit', () => {
    const { change, commit, writes } = harness();
    commit(0, 10);
    change('a');
    commit(1, 1000);
    change('b');
    commit(2, 1099);
    expect(writes).toEqual([]);
    commit(3, 1100);
    expect(writes).toEqual([{ names: ['a', 'b'], at: checkpoint(3) }]);
    // The clock starts again with the next change.
    change('c');
    commit(4, 1150);
    commit(5, 1249);
    expect(writes).toHaveLength(1);
    commit(6, 1250);
    expect(writes).toHaveLength(2);
  });

  test('when memory is full and at least half of it waits', () => {
    const { change, commit, writes, state } = harness({
      limits: { flushCells: 100, flushAfterMs: 1_000_000, maxCells: 8 },
    });
    for (const name of ['a', 'b', 'c', 'd']) change(name);
    state.size = 9;
    commit(1, 1);
    expect(writes).toEqual([]);
    change('e');
    state.size = 8;
    commit(2, 2);
    expect(writes).toEqual([]);
    state.size = 9;
    commit(3, 3);
    expect(writes).toHaveLength(1);
  });

  test('not where there is nothing to write, though time passes', () => {
    const { layer, commit, writes, change } = harness();
    expect(layer.wantsFlush(1)).toBe(false);
    commit(1, 1_000_000);
    expect(writes).toEqual([]);
    expect(layer.neverFlushed).toBe(true);
    for (const name of ['a', 'b', 'c', 'd']) change(name);
    commit(2, 1_000_001);
    expect(layer.neverFlushed).toBe(false);
    expect(layer.unflushed).toEqual([]);
  });

  test('without those that it need not have', () => {
    const { layer, change, state, writes } = harness();
    change('a');
    change('b');
    layer.takeUncommitted();
    state.skipped = 'a';
    void layer.flush(checkpoint(1));
    expect(writes).toEqual([{ names: ['b'], at: checkpoint(1) }]);
  });

  test('with what came from the changelog, which is not due there again', () => {
    const { layer, writes } = harness();
    layer.restored({ name: 'a', large: 0, uncommitted: false, unflushed: false });
    expect(layer.hasUncommitted).toBe(false);
    expect(layer.takeUncommitted()).toEqual([]);
    void layer.flush(checkpoint(1));
    expect(writes[0]!.names).toEqual(['a']);
  });
});

describe('clean cells are dropped', () => {
  test('once there are more than the limit, down to three quarters of it', () => {
    const { commit, evictions, state } = harness();
    state.size = 8;
    commit(1, 1);
    expect(evictions).toEqual([]);
    state.size = 9;
    commit(2, 2);
    expect(evictions).toEqual([6]);
  });

  test('not while a write is under way: a read of one would find the old value', () => {
    const { change, commit, evictions, state } = harness({ isSlow: true });
    for (const name of ['a', 'b', 'c', 'd']) change(name);
    state.size = 9;
    commit(1, 1);
    expect(evictions).toEqual([]);
  });
});

describe('a write that takes time', () => {
  test('is the only one until it has ended; what changes meanwhile goes with the next', async () => {
    const { layer, change, commit, writes, pending } = harness({ isSlow: true });
    const cells = ['a', 'b', 'c', 'd'].map((name) => change(name));
    commit(1, 1);
    expect(cells.some(({ unflushed }) => unflushed)).toBe(false);
    for (const name of ['e', 'f', 'g', 'h']) change(name);
    expect(layer.wantsFlush(1_000_000)).toBe(false);
    commit(2, 2);
    expect(writes).toHaveLength(1);
    pending[0]!.end();
    await layer.settle();
    commit(3, 3);
    expect(writes.map(({ names }) => names.join(''))).toEqual(['abcd', 'efgh']);
  });

  test('is waited for by flush, which then writes the rest', async () => {
    const { layer, change, commit, writes, pending } = harness({ isSlow: true });
    for (const name of ['a', 'b', 'c', 'd']) change(name);
    commit(1, 1);
    change('e');
    layer.takeUncommitted();
    let flushed = false;
    const flush = Promise.resolve(layer.flush(checkpoint(2))).then(() => {
      flushed = true;
    });
    expect(writes).toHaveLength(1);
    pending[0]!.end();
    await layer.settle();
    await Promise.resolve();
    expect(writes).toHaveLength(2);
    expect(flushed).toBe(false);
    pending[1]!.end();
    await flush;
    expect(writes[1]).toEqual({ names: ['e'], at: checkpoint(2) });
  });

  test('makes the next commit and all later ones fail where it fails', async () => {
    const { layer, change, commit, pending } = harness({ isSlow: true });
    for (const name of ['a', 'b', 'c', 'd']) change(name);
    commit(1, 1);
    const full = new Error('disk full');
    pending[0]!.fail(full);
    await layer.settle();
    expect(() => commit(2, 2)).toThrow(full);
    expect(() => commit(3, 3)).toThrow(full);
    expect(() => layer.flush(checkpoint(3))).toThrow(full);
    layer.failed(new Error('another'));
    expect(() => commit(4, 4)).toThrow(full);
  });

  test('makes flush reject where it fails within flush', async () => {
    const { layer, change, pending } = harness({ isSlow: true });
    change('a');
    layer.takeUncommitted();
    const flush = layer.flush(checkpoint(1));
    pending[0]!.fail(new Error('disk full'));
    await expect(flush).rejects.toThrow('disk full');
  });
});

test('a store that is closed while it writes closes its files after that', async () => {
  const events: string[] = [];
  let end: () => void = () => {};
  const backing: BytesStore = {
    checkpoint: undefined,
    openedEmpty: true,
    get: () => undefined,
    write() {
      events.push('write');
      return new Promise<void>((resolve) => {
        end = () => {
          events.push('written');
          resolve();
        };
      });
    },
    async *iterate() {},
    clear() {},
    close: () => void events.push('closed'),
  };
  const view = new KeyValueView(keyValueStore({ name: 's', key: string(), value: long() }), over(backing));
  view.put('a', 1, 0);
  view.takeChanges();
  const flushed = view.flush(checkpoint(1));
  const closed = view.close();
  expect(events).toEqual(['write']);
  end();
  await Promise.all([flushed, closed]);
  expect(events).toEqual(['write', 'written', 'closed']);
});
