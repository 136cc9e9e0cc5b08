import assert from 'node:assert/strict';
import { long, noHeaders, string } from '@millrace/log-client';
import type { BytesStore } from '../../bytes-store.ts';
import { MemoryStore } from '../../memory/memory-store.ts';
import type { BufferSpec } from './spec.ts';
import { BufferView } from './view.ts';
import { MemoryChangelog, type StoreTest, over } from '../../conformance/support.ts';

const spec: BufferSpec<string, number> = {
  kind: 'time-ordered-buffer',
  name: 'buffer',
  key: string(),
  value: long(),
  persistent: true,
  logging: true,
};

const change = (key: string, newValue: number | null, timestamp = 0) => ({
  key,
  newValue,
  oldValue: null,
  timestamp,
  headers: noHeaders,
});

const taken = (view: BufferView<string, number>, until: number) =>
  view.takeUntil(until).map(({ key, newValue }) => `${key}=${newValue}`);

export function bufferSuite(test: StoreTest): void {
  const open = (backing: BytesStore) => new BufferView(spec, over(backing));

  test('buffer: changes come out by time and then by key', async ({ store }) => {
    const view = open(store);
    view.put(30, change('a', 1));
    view.put(10, change('z', 2));
    view.put(10, change('b', 3));
    view.put(20, change('c', 4));
    assert.equal(view.minTime, 10);
    assert.deepEqual(taken(view, 20), ['b=3', 'z=2', 'c=4']);
    assert.deepEqual(taken(view, 20), []);
    assert.equal(view.size, 1);
  });

  test('buffer: a later change of a key replaces the first and keeps its place', async ({ store }) => {
    const view = open(store);
    view.put(10, change('a', 1));
    view.put(99, change('a', 2, 99));
    assert.deepEqual(view.takeUntil(10), [change('a', 2, 99)]);
  });

  test('buffer: headers and old values are kept', async ({ store }) => {
    const view = open(store);
    const headers = [
      { key: 'h', value: Buffer.from('x') },
      { key: 'n', value: null },
    ];
    view.put(1, { key: 'a', newValue: null, oldValue: 5, timestamp: 3, headers });
    assert.deepEqual(view.takeUntil(1), [{ key: 'a', newValue: null, oldValue: 5, timestamp: 3, headers }]);
  });

  test('buffer: what comes and goes between two commits is not in the changelog', async ({ store }) => {
    const view = open(store);
    const log = new MemoryChangelog();
    view.put(10, change('kept', 1));
    log.commit(view);
    const seen = (): string[] => log.records.map(({ key, value }) => `${key!.toString()} ${value !== null}`);
    view.put(10, change('short-lived', 2));
    // One that was logged is taken out, and another of its key comes and goes.
    assert.deepEqual(taken(view, 10), ['kept=1', 'short-lived=2']);
    view.put(20, change('kept', 3));
    view.delete('kept');
    log.commit(view);
    assert.deepEqual(seen(), ['kept true', 'kept false']);
    view.put(30, change('kept', 4));
    log.commit(view);
    assert.deepEqual(seen().slice(2), ['kept true']);
    const copy = open(new MemoryStore());
    log.restoreInto(copy);
    assert.deepEqual(taken(copy, 99), ['kept=4']);
  });

  test('buffer: it comes back from disk and changelog together', async (bench) => {
    const log = new MemoryChangelog();
    const view = open(bench.store);
    view.put(10, change('gone', 1));
    view.put(20, change('stays', 2));
    log.commit(view);
    await view.flush(log.checkpoint(view));
    view.takeUntil(10);
    view.put(15, change('new', 3));
    view.put(99, change('stays', 4));
    log.commit(view);
    if (!(await bench.restart())) return;
    const back = open(bench.store);
    await back.load();
    assert.equal(back.size, 2);
    log.restoreInto(back);
    assert.deepEqual(taken(back, 100), ['new=3', 'stays=4']);
    log.commit(back);
    await back.flush(log.checkpoint(back));
    await bench.restart();
    const empty = open(bench.store);
    await empty.load();
    assert.equal(empty.size, 0);
  });

  test('buffer: one change is looked up, deleted or taken; some are taken by what they are', async ({
    store,
  }) => {
    const view = open(store);
    for (const [time, key] of [
      [2, 'b'],
      [1, 'c'],
      [1, 'a'],
      [3, 'd'],
    ] as const)
      view.put(time, change(key, time), 10);
    assert.equal(view.get('a')?.newValue, 1);
    assert.equal(view.bytes, 40);
    view.put(9, change('b', 7), 4);
    assert.equal(view.bytes, 34);
    view.delete('a');
    view.delete('nobody');
    assert.equal(view.get('a'), undefined);
    assert.deepEqual(
      view.takeUntil(3, (key) => key === 'd').map(({ key }) => key),
      ['d'],
    );
    assert.equal(view.takeFirst()?.key, 'c');
    assert.equal(view.takeFirst()?.key, 'b');
    assert.equal(view.takeFirst(), undefined);
    assert.deepEqual([view.size, view.bytes], [0, 0]);
    const log = new MemoryChangelog();
    log.commit(view);
    const copy = open(store);
    log.restoreInto(copy);
    assert.equal(copy.size, 0);
  });

  test('buffer: a key taken out and put again in one commit is there', async ({ store }) => {
    const log = new MemoryChangelog();
    const view = open(store);
    view.put(1, change('a', 1));
    view.takeUntil(1);
    view.put(2, change('a', 2));
    log.commit(view);
    const copy = open(store);
    log.restoreInto(copy);
    assert.deepEqual(taken(copy, 10), ['a=2']);
  });
}
