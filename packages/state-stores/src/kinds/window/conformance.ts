import assert from 'node:assert/strict';
import { long, noHeaders, string } from '@millrace/log-client';
import type { BytesStore } from '../../bytes-store.ts';
import { windowStore } from './spec.ts';
import type { KeptWindow } from './store.ts';
import { WindowView } from './view.ts';
import { MemoryChangelog, collect, type StoreTest, over } from '../../conformance/support.ts';

const minute = 60_000;

const hourly = (backing: BytesStore) =>
  new WindowView(
    windowStore({ name: 'w', key: string(), value: long(), retentionMs: 10 * minute, windowSizeMs: minute }),
    over(backing, 7),
  );

const starts = (entries: readonly { readonly start: number }[]) => entries.map(({ start }) => start / minute);

export function windowSuite(test: StoreTest): void {
  test('window: put and fetch by key and start', async ({ store }) => {
    const view = hourly(store);
    view.put('a', 1, 0);
    view.put('a', 2, minute);
    view.put('b', 3, minute);
    assert.equal(view.fetch('a', 0), 1);
    assert.equal(view.fetch('a', minute), 2);
    assert.equal(view.fetch('b', 0), undefined);
    assert.deepEqual(view.fetchEntry('b', minute), { start: minute, value: 3, timestamp: 7 });
    view.put('a', null, minute);
    assert.equal(view.fetch('a', minute), undefined);
  });

  test("window: a key's range is inclusive at both ends, ascending, over segments", async ({ store }) => {
    const view = hourly(store);
    for (const at of [9, 3, 6, 0, 4]) view.put('a', at, at * minute);
    view.put('b', 1, 4 * minute);
    assert.deepEqual(starts(view.fetchRange('a', 3 * minute, 6 * minute)), [3, 4, 6]);
    assert.deepEqual(starts(view.fetchRange('a', 0, Number.MAX_SAFE_INTEGER)), [0, 3, 4, 6, 9]);
  });

  test('window: a range is found in place, and a look for nothing leaves nothing behind', async ({
    store,
  }) => {
    const view = hourly(store);
    for (const at of [3, 6, 4]) view.put('a', at, at * minute);
    const found: KeptWindow[] = [];
    assert.equal(view.findRange('a', 3 * minute, 4 * minute, found), 2);
    assert.deepEqual(
      found.map((entry) => [entry.time / minute, entry.second, view.valueAt(entry, 'a')]),
      [
        [3, 7, 3],
        [4, 7, 4],
      ],
    );
    const { memoryRows } = view.stats;
    for (let n = 0; n < 50; n++) {
      assert.equal(view.findRange(`none-${n}`, 0, 9 * minute, found), 0);
      assert.equal(view.fetch(`none-${n}`, 3 * minute), undefined);
    }
    assert.equal(view.stats.memoryRows, memoryRows);
  });

  test('window: all keys come by start and then by key, from disk and memory alike', async ({ store }) => {
    const view = hourly(store);
    const log = new MemoryChangelog();
    view.put('b', 1, minute);
    view.put('a', 1, 6 * minute);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    view.put('a', 2, minute);
    view.put('c', 3, 0);
    const all = (await collect(view.all())).map(({ key, start }) => `${key}${start / minute}`);
    assert.deepEqual(all, ['c0', 'a1', 'b1', 'a6']);
    const some = await collect(view.fetchAll(minute, 5 * minute));
    assert.deepEqual(
      some.map(({ key }) => key),
      ['a', 'b'],
    );
  });

  test('window: what is past its retention is not there, and late puts are ignored', async ({ store }) => {
    const view = hourly(store);
    view.put('a', 1, 0);
    view.put('a', 2, 10 * minute);
    assert.equal(view.fetch('a', 0), undefined);
    assert.equal(view.fetch('a', 10 * minute), 2);
    view.put('a', 3, 30 * minute);
    assert.equal(view.putEntry('a', 9, 5 * minute, 1), false);
    assert.deepEqual(starts(view.fetchRange('a', 0, Number.MAX_SAFE_INTEGER)), [30]);
  });

  test('window: it comes back from its changelog, stream time included', async ({ store }) => {
    const [source, log] = [hourly(store), new MemoryChangelog()];
    for (let n = 0; n < 200; n++) source.put(`k${n % 3}`, n % 4 === 0 ? null : n, (n % 40) * (minute / 2));
    log.commit(source);
    const before = await collect(source.all());
    await store.clear({});
    const copy = hourly(store);
    log.restoreInto(copy);
    assert.deepEqual(await collect(copy.all()), before);
    assert.equal(copy.streamTime, source.streamTime);
  });

  test('window: headers come back from disk and changelog, and are replaced by none', async (bench) => {
    const spec = windowStore({
      name: 'h',
      key: string(),
      value: long(),
      retentionMs: 10 * minute,
      windowSizeMs: minute,
    });
    const keeping = (backing: BytesStore) =>
      new WindowView({ ...spec, indexedByTime: true, keepsHeaders: true }, over(backing, 1));
    const header = (value: string | null) => [
      { key: 'é', value: value === null ? null : Buffer.from(value) },
      { key: '', value: Buffer.from('') },
    ];
    const view = keeping(bench.store);
    await view.load();
    const log = new MemoryChangelog();
    for (const [key, headers] of [
      ['a', header('x')],
      ['b', header(null)],
      ['c', header('gone')],
      ['d', noHeaders],
    ] as const) {
      view.put(key, 1, 0);
      view.putHeaders(key, 0, headers);
    }
    log.commit(view);
    view.put('c', 2, 0);
    view.putHeaders('c', 0, noHeaders);
    view.putHeaders('not there', 0, header('x'));
    log.commit(view);
    await view.flush(log.checkpoint(view));
    const expected = [
      ['a', header('x')],
      ['b', header(null)],
      ['c', []],
      ['d', []],
    ];
    const taken = (one: WindowView<string, number>) =>
      one
        .takeClosed(0)
        .map(({ key, headers }) => [
          key,
          headers.map(({ key: name, value }) => ({ key: name, value: value && Buffer.from(value) })),
        ]);
    if (await bench.restart()) {
      const back = keeping(bench.store);
      await back.load();
      assert.deepEqual(taken(back), expected);
      // One that does not keep them reads the values all the same.
      const plain = new WindowView(spec, over(bench.store, 1));
      assert.deepEqual([plain.fetch('a', 0), plain.fetch('c', 0)], [1, 2]);
    }
    await bench.store.clear({});
    const copy = keeping(bench.store);
    for (const record of log.records) copy.restore(record);
    assert.deepEqual(taken(copy), expected);
  });

  test("window: those that close at one time come in the order of their keys' bytes", ({ store }) => {
    // As texts, the last two would come in the other order.
    const sorted = [
      '',
      'Z',
      'a',
      'a-long-key-of-many-characters',
      'b',
      'z',
      'é',
      'ä long key of many characters',
    ];
    const keys = [...sorted, '\uff61', '😀'].toSorted((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    const spec = windowStore({
      name: 'c',
      key: string(),
      value: long(),
      retentionMs: 10 * minute,
      windowSizeMs: minute,
    });
    const view = new WindowView({ ...spec, indexedByTime: true }, over(store, 1));
    for (const key of keys.toReversed()) view.put(key, 1, 0);
    assert.deepEqual(
      view.takeClosed(0).map(({ key }) => key),
      keys,
    );
    return Promise.resolve();
  });

  test('window: with duplicates, a put adds to what is there, in order, and all come back', async ({
    store,
  }) => {
    const spec = windowStore({
      name: 'd',
      key: string(),
      value: long(),
      retentionMs: 10 * minute,
      windowSizeMs: minute,
    });
    const open = () => new WindowView({ ...spec, retainDuplicates: true }, over(store, 1));
    const view = open();
    const log = new MemoryChangelog();
    for (const value of [1, 2]) view.put('a', value, minute);
    log.commit(view);
    view.put('a', 3, minute);
    view.put('a', null, minute);
    view.put('a', 4, 2 * minute);
    log.commit(view);
    const values = (one: WindowView<string, number>) =>
      one.fetchRange('a', 0, 9 * minute).map(({ value }) => value);
    assert.deepEqual(values(view), [1, 2, 3, 4]);
    await store.clear({});
    const copy = open();
    log.restoreInto(copy);
    assert.deepEqual(values(copy), [1, 2, 3, 4]);
  });

  test('window: expired segments leave the disk, and a restart remembers stream time', async (bench) => {
    const view = hourly(bench.store);
    const log = new MemoryChangelog();
    view.put('a', 1, 0);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    assert.equal((await collect(bench.store.iterate({}))).length, 1);
    view.put('a', 2, 60 * minute);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    const buckets = await collect(bench.store.iterate({}));
    assert.equal(buckets.length, 1, 'the old bucket is gone');
    if (!(await bench.restart())) return;
    const back = hourly(bench.store);
    assert.equal(back.streamTime, 60 * minute);
    assert.equal(back.putEntry('a', 9, 10 * minute, 1), false);
  });
}
