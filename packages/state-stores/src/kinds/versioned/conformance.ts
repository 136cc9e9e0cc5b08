import assert from 'node:assert/strict';
import { long, string } from '@millrace/log-client';
import type { BytesStore } from '../../bytes-store.ts';
import { versionedStore } from './spec.ts';
import { VersionedView } from './view.ts';
import { MemoryChangelog, collect, type StoreTest, over } from '../../conformance/support.ts';

const spec = versionedStore({ name: 'v', key: string(), value: long(), historyRetentionMs: 100 });
const open = (backing: BytesStore) => new VersionedView(spec, over(backing));

/** The values valid at each of these times. */
const at = (view: VersionedView<string, number>, key: string, times: readonly number[]) =>
  times.map((time) => view.get(key, time)?.value);

export function versionedSuite(test: StoreTest): void {
  test('versioned: reads as of a time, out-of-order puts, deletes in between', async ({ store }) => {
    const view = open(store);
    assert.equal(view.put('a', 1, 10), 'latest');
    assert.equal(view.put('a', 3, 30), 'latest');
    assert.equal(view.put('a', 2, 20), 'out-of-order');
    assert.equal(view.put('a', null, 25), 'out-of-order');
    assert.deepEqual(view.get('a'), { value: 3, validFrom: 30, validTo: undefined });
    assert.deepEqual(view.get('a', 19), { value: 1, validFrom: 10, validTo: 20 });
    assert.deepEqual(at(view, 'a', [9, 10, 20, 24, 25, 29, 30, 99]), [
      undefined,
      1,
      2,
      2,
      undefined,
      undefined,
      3,
      3,
    ]);
    assert.deepEqual(view.delete('a', 40), { value: 3, validFrom: 30, validTo: undefined });
    assert.equal(view.get('a'), undefined);
    assert.equal(view.put('a', 5, 30), 'out-of-order');
    assert.equal(view.get('a', 35)?.value, 5);
  });

  test('versioned: the history retention bounds puts and reads, but never the latest version', async ({
    store,
  }) => {
    const view = open(store);
    view.put('a', 1, 0);
    view.put('b', 1, 0);
    view.put('a', 2, 150);
    assert.equal(view.put('b', 9, 49), 'expired');
    assert.equal(view.delete('b', 49), undefined);
    assert.equal(view.put('b', 2, 50), 'latest');
    assert.equal(view.get('a', 49), undefined, 'past the retention');
    assert.equal(view.get('a', 50)?.value, 1);
    view.put('a', 3, 1000);
    assert.equal(view.get('b', 60)?.value, 2, 'the latest, however old');
    assert.equal(view.get('b')?.value, 2);
  });

  test('versioned: all versions of a span of time', async ({ store }) => {
    const view = open(store);
    for (const time of [10, 20, 30, 40]) view.put('a', time, time);
    view.put('a', null, 35);
    assert.deepEqual(
      view.versions('a', 15, 38).map(({ value, validTo }) => [value, validTo]),
      [
        [10, 20],
        [20, 30],
        [30, 35],
      ],
    );
  });

  test('versioned: it comes back from its changelog and from disk with every version', async (bench) => {
    let view = open(bench.store);
    const log = new MemoryChangelog();
    for (let n = 0; n < 300; n++) {
      view.put(`k${n % 4}`, n % 7 === 0 ? null : n, n * 3 - ((n * 37) % 90));
      if (n % 60 === 59) log.commit(view);
    }
    log.commit(view);
    const times = Array.from({ length: 120 }, (_, n) => 780 + n);
    const seen = (one: VersionedView<string, number>) =>
      ['k0', 'k1', 'k2', 'k3'].map((key) => at(one, key, times));
    const before = seen(view);
    assert.ok(new Set(before.flat()).size > 20);
    await view.flush(log.checkpoint(view));
    const rows = await collect(view.range());
    if (await bench.restart()) {
      view = open(bench.store);
      assert.equal(view.streamTime, log.checkpoint(view).streamTime);
      assert.deepEqual(seen(view), before);
      assert.deepEqual(await collect(view.range()), rows);
    }
    await bench.store.clear({});
    const copy = open(bench.store);
    for (const record of log.records) copy.restore(record);
    assert.deepEqual(seen(copy), before);
    assert.equal(copy.streamTime, view.streamTime);
  });
}
