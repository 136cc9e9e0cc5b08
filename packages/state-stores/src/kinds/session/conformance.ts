import assert from 'node:assert/strict';
import { asBuffer, long, string } from '@millrace/log-client';
import type { BytesStore } from '../../bytes-store.ts';
import { sessionStore } from './spec.ts';
import { SessionView } from './view.ts';
import { MemoryChangelog, collect, type StoreTest, over } from '../../conformance/support.ts';

const minute = 60_000;
const spec = sessionStore({ name: 's', key: string(), value: long(), retentionMs: 10 * minute });
const open = (backing: BytesStore) => new SessionView(spec, over(backing));

const spans = (sessions: readonly { readonly start: number; readonly end: number }[]) =>
  sessions.map(({ start, end }) => `${start / minute}-${end / minute}`);

export function sessionSuite(test: StoreTest): void {
  test('session: put, fetch and remove by key, start and end', async ({ store }) => {
    const view = open(store);
    view.put('a', 1, 0, minute);
    view.put('a', 2, 0, 2 * minute);
    view.put('b', 3, minute, minute);
    assert.equal(view.fetchSession('a', 0, minute), 1);
    assert.equal(view.fetchSession('a', 0, 2 * minute), 2);
    assert.equal(view.fetchSession('b', 0, minute), undefined);
    view.remove('a', 0, minute);
    assert.equal(view.fetchSession('a', 0, minute), undefined);
    assert.deepEqual(spans(view.fetch('a')), ['0-2']);
  });

  test('session: found by earliest end and latest start, both inclusive, over segments', async ({
    store,
  }) => {
    const view = open(store);
    for (const [start, end] of [
      [8, 9],
      [0, 1],
      [3, 6],
      [5, 6],
    ] as const) {
      view.put('a', end, start * minute, end * minute);
    }
    view.put('b', 1, 4 * minute, 5 * minute);
    assert.deepEqual(spans(view.findSessions('a', 6 * minute, 5 * minute)), ['3-6', '5-6']);
    assert.deepEqual(spans(view.findSessions('a', 1 * minute, 3 * minute)), ['0-1', '3-6']);
    assert.deepEqual(spans(view.fetch('a', { reverse: true })), ['8-9', '5-6', '3-6', '0-1']);
  });

  test('session: all keys come by end, start and key, from disk and memory alike', async ({ store }) => {
    const view = open(store);
    const log = new MemoryChangelog();
    view.put('b', 1, minute, 2 * minute);
    view.put('a', 1, 6 * minute, 6 * minute);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    view.put('a', 2, minute, 2 * minute);
    view.put('c', 3, 0, 2 * minute);
    const all = (await collect(view.all())).map(({ key, start }) => `${key}${start / minute}`);
    assert.deepEqual(all, ['c0', 'a1', 'b1', 'a6']);
    assert.equal((await collect(view.findAll(3 * minute, 9 * minute))).length, 1);
  });

  test('session: segments that ended before the retention are gone, and late puts are ignored', async ({
    store,
  }) => {
    const view = open(store);
    view.put('a', 1, 0, minute);
    view.put('a', 2, 16 * minute, 16 * minute);
    assert.deepEqual(spans(view.fetch('a')), ['16-16']);
    view.put('a', 3, 40 * minute, 40 * minute);
    assert.equal(view.put('a', 9, 5 * minute, 6 * minute), false);
  });

  test('session: it comes back from its changelog, stream time included', async ({ store }) => {
    const [source, log] = [open(store), new MemoryChangelog()];
    for (let n = 0; n < 200; n++) {
      const start = (n % 40) * (minute / 2);
      source.put(`k${n % 3}`, n % 4 === 0 ? null : n, start, start + (n % 5) * minute);
      if (n % 50 === 0) log.commit(source);
    }
    log.commit(source);
    const before = await collect(source.all());
    assert.ok(before.length > 20);
    await store.clear({});
    const copy = open(store);
    log.restoreInto(copy);
    assert.deepEqual(await collect(copy.all()), before);
    assert.equal(copy.streamTime, source.streamTime);
  });

  test('session: headers come back from disk and changelog', async (bench) => {
    const keeping = (backing: BytesStore) =>
      new SessionView({ ...spec, indexedByTime: true, keepsHeaders: true }, over(backing));
    const headers = [{ key: 'h', value: Buffer.from('x') }];
    const view = keeping(bench.store);
    await view.load();
    const log = new MemoryChangelog();
    view.put('a', 1, 0, minute);
    view.putHeaders('a', 0, minute, headers);
    view.put('b', 2, 0, minute);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    const taken = (one: SessionView<string, number>) =>
      one
        .takeClosed(minute)
        .map(({ key, headers: found }) => [key, ...found.map(({ value }) => asBuffer(value!).toString())]);
    if (await bench.restart()) {
      const back = keeping(bench.store);
      await back.load();
      assert.deepEqual(taken(back), [['a', 'x'], ['b']]);
    }
    await bench.store.clear({});
    const copy = keeping(bench.store);
    for (const record of log.records) copy.restore(record);
    assert.deepEqual(taken(copy), [['a', 'x'], ['b']]);
  });

  test('session: closed sessions are taken out once, by end, start and key, after a restart too', async (bench) => {
    const indexed = (backing: BytesStore) => new SessionView({ ...spec, indexedByTime: true }, over(backing));
    let view = indexed(bench.store);
    await view.load();
    const log = new MemoryChangelog();
    view.put('b', 1, 0, minute);
    view.put('a', 2, 0, minute);
    view.put('a', 3, 2 * minute, 3 * minute);
    view.put('gone', 4, 0, minute);
    view.remove('gone', 0, minute);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    if (await bench.restart()) {
      view = indexed(bench.store);
      await view.load();
    }
    const names = (until: number) => view.takeClosed(until).map(({ key, end }) => `${key}${end / minute}`);
    assert.deepEqual(names(minute), ['a1', 'b1']);
    assert.deepEqual(names(2 * minute), []);
    // Far past the retention, but not taken out yet: it must not have gone.
    view.put('z', 5, 90 * minute, 90 * minute);
    assert.deepEqual(names(3 * minute), ['a3']);
  });
}
