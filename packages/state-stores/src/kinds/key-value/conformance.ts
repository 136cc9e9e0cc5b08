import assert from 'node:assert/strict';
import { long, noHeaders, type Serde, string, toBytes } from '@millrace/log-client';
import type { BytesStore } from '../../bytes-store.ts';
import { keyValueStore } from './spec.ts';
import { KeyValueView } from './view.ts';
import { takenChanges, MemoryChangelog, collect, type StoreTest, over } from '../../conformance/support.ts';

const counts = (backing: BytesStore) =>
  new KeyValueView(keyValueStore({ name: 'counts', key: string(), value: long() }), over(backing, 42));

interface Basket {
  items: string[];
}

const basketSerde: Serde<Basket> = {
  serialize: (value) => Buffer.from(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as Basket,
};

export function keyValueSuite(test: StoreTest): void {
  test('key-value: get, put, delete, with timestamps', async ({ store }) => {
    const view = counts(store);
    assert.equal(view.get('a'), undefined);
    view.put('a', 1, 10);
    view.put('b', 2, 20);
    view.put('a', 3, 5);
    assert.deepEqual(view.get('a'), { value: 3, timestamp: 5 });
    view.put('b', null, 30);
    assert.equal(view.get('b'), undefined);
  });

  test('key-value: an object changed after put or get does not change the store', async ({ store }) => {
    const view = new KeyValueView(
      keyValueStore({ name: 's', key: string(), value: basketSerde }),
      over(store, 42),
    );
    const basket = { items: ['a'] };
    view.put('k', basket, 1);
    basket.items.push('b');
    view.get('k')!.value.items.push('c');
    assert.deepEqual(view.get('k')!.value, { items: ['a'] });
  });

  test('key-value: keys that are objects are equal by their bytes', async ({ store }) => {
    const view = new KeyValueView(
      keyValueStore({ name: 's', key: basketSerde, value: long() }),
      over(store, 42),
    );
    view.put({ items: ['x'] }, 1, 1);
    assert.equal(view.get({ items: ['x'] })?.value, 1);
    assert.equal(view.get({ items: ['y'] }), undefined);
  });

  test('key-value: the facade writes with the time of the record, and putIfAbsent keeps what is there', async ({
    store,
  }) => {
    const view = counts(store);
    const facade = view.face;
    assert.equal(facade.putIfAbsent('a', 1), undefined);
    assert.equal(facade.putIfAbsent('a', 2), 1);
    assert.deepEqual(view.get('a'), { value: 1, timestamp: 42 });
    assert.equal(facade.delete('a'), 1);
    assert.equal(facade.delete('a'), undefined);
  });

  test('key-value: ranges see what is on disk and what is not yet, in key order', async ({ store }) => {
    const view = counts(store);
    const log = new MemoryChangelog();
    for (const key of ['a', 'c', 'e', 'g']) view.put(key, 1, 1);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    view.put('b', 2, 2);
    view.put('c', 3, 3);
    view.put('e', null, 4);
    view.put('z', 5, 5);
    const keys = async (entries: AsyncIterable<readonly [string, unknown]>) =>
      (await collect(entries)).map(([key]) => key).join('');
    assert.equal(await keys(view.range()), 'abcgz');
    assert.equal(await keys(view.range({ from: 'b', to: 'g' })), 'bcg');
    assert.equal(await keys(view.range({ from: 'b', to: 'g', reverse: true })), 'gcb');
    assert.equal(await keys(view.prefixScan(Buffer.from('c'))), 'c');
    assert.deepEqual((await collect(view.range({ from: 'c', to: 'c' })))[0], [
      'c',
      { value: 3, timestamp: 3 },
    ]);
  });

  test('key-value: the changelog holds the last value of each changed key, once', async ({ store }) => {
    const view = counts(store);
    view.put('a', 1, 1);
    view.put('b', 1, 2);
    view.put('a', 2, 3);
    view.put('b', null, 4);
    const changes = takenChanges(view).map(({ key, value, timestamp }) => [
      Buffer.from(toBytes(key!)).toString(),
      value === null ? null : long().deserialize(toBytes(value)),
      timestamp,
    ]);
    assert.deepEqual(changes, [
      ['a', 2, 3],
      ['b', null, 4],
    ]);
    assert.deepEqual(takenChanges(view), []);
  });

  test('key-value: an empty store comes back from its changelog', async ({ store }) => {
    const [source, log] = [counts(store), new MemoryChangelog()];
    for (let n = 0; n < 100; n++) source.put(`k${n % 7}`, n % 5 === 0 ? null : n, n);
    log.commit(source);
    const before = await collect(source.range());
    await store.clear({});
    const copy = counts(store);
    log.restoreInto(copy);
    assert.deepEqual(await collect(copy.range()), before);
  });

  test('key-value: after a crash only the tail of the changelog is missing', async (bench) => {
    const log = new MemoryChangelog();
    const view = counts(bench.store);
    view.put('a', 1, 1);
    view.put('b', 1, 1);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    view.put('a', 2, 2);
    view.put('b', null, 3);
    log.commit(view);
    view.put('a', 99, 9);
    // No flush: the last commit is in the changelog alone, the last put nowhere.
    if (!(await bench.restart())) return;
    const back = counts(bench.store);
    assert.equal(back.checkpoint?.offset, 2);
    assert.equal(back.get('b')?.value, 1);
    log.restoreInto(back);
    assert.equal(back.get('a')?.value, 2);
    assert.equal(back.get('b'), undefined);
  });

  test('key-value: headers come back from disk and changelog, and go with their row', async (bench) => {
    const kept = (backing: BytesStore, keepsHeaders = true) =>
      new KeyValueView(
        keyValueStore({ name: 's', key: string(), value: long(), keepsHeaders }),
        over(backing, 42),
      );
    const header = (value: string | null) => [
      { key: 'h', value: value === null ? null : Buffer.from(value) },
    ];
    const log = new MemoryChangelog();
    const view = kept(bench.store);
    const shared = Buffer.from('first');
    view.put('a', 1, 0, [{ key: 'h', value: shared }]);
    shared.fill('x');
    view.put('b', 2, -1, header(null));
    view.put('c', 3, Number.MAX_SAFE_INTEGER, [...header('1'), ...header('')]);
    view.put('d', 4, 4);
    view.put('e', 5, 5, header('gone'));
    view.put('e', null, 6, header('delete'));
    view.put('f', 6, 6, header('gone'));
    view.put('f', 7, 7);
    view.face.put('g', 8);
    const expected = {
      a: [1, 0, header('first')],
      b: [2, -1, header(null)],
      c: [3, Number.MAX_SAFE_INTEGER, [...header('1'), ...header('')]],
      d: [4, 4, noHeaders],
      f: [7, 7, noHeaders],
      g: [8, 42, noHeaders],
    };
    const all = async (from: typeof view) =>
      Object.fromEntries(
        (await collect(from.range())).map(([key, { value, timestamp, headers }]) => [
          key,
          [value, timestamp, headers],
        ]),
      );
    assert.deepEqual(await all(view), expected);
    log.commit(view);
    await view.flush(log.checkpoint(view));
    if (await bench.restart()) {
      const back = kept(bench.store);
      assert.deepEqual(await all(back), expected);
      for (const [key, [value, timestamp, headers]] of Object.entries(expected))
        assert.deepEqual(back.get(key), { value, timestamp, headers });
      assert.deepEqual(back.queries('latest').get('a')?.headers, header('first'));
      // The program may be changed not to keep them, and back.
      const without = kept(bench.store, false);
      assert.deepEqual(without.get('a'), { value: 1, timestamp: 0 });
      assert.deepEqual((await collect(without.range())).length, 6);
      without.put('a', 9, 9);
      without.takeChanges();
      without.committed(undefined, 0);
      await without.flush(log.checkpoint(view));
      assert.deepEqual(kept(bench.store).get('a'), { value: 9, timestamp: 9, headers: noHeaders });
      assert.deepEqual(kept(bench.store).get('b'), { value: 2, timestamp: -1, headers: header(null) });
    }
    await bench.store.clear({});
    const copy = kept(bench.store);
    for (const record of log.records) copy.restore(record);
    assert.deepEqual(await all(copy), expected);
  });

  test('key-value: large values do not pile up in memory until there are many', async ({ store }) => {
    const view = new KeyValueView(
      keyValueStore({ name: 's', key: string(), value: basketSerde }),
      over(store, 42),
    );
    const items = ['x'.repeat(100_000)];
    for (let n = 0; n < 50; n++) view.put(`k${n}`, { items }, n);
    assert.equal(view.wantsFlush(0), false);
    for (let n = 0; n < 200; n++) view.put(`k${n}`, { items }, n);
    assert.equal(view.wantsFlush(0), true);
    view.takeChanges();
    view.committed({ topicId: 't', offset: 250, streamTime: -1 }, 0);
    await view.flush({ topicId: 't', offset: 250, streamTime: -1 });
    assert.equal(view.get('k199')?.timestamp, 199);
  });

  test('key-value: more keys than memory keeps are found all the same', async ({ store }) => {
    const view = counts(store);
    const log = new MemoryChangelog();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 90_000; n++) view.put(`k${round}-${n}`, n, n);
      view.takeChanges();
      view.committed(log.checkpoint(view), round * 1000);
      await view.flush(log.checkpoint(view));
    }
    view.committed(log.checkpoint(view), 10_000);
    for (let n = 0; n < 90_000; n += 1000) assert.equal(view.get(`k0-${n}`)?.value, n);
  });
}
