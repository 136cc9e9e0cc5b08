import { long, string } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import type { BytesRange, BytesStore } from '../src/bytes-store.ts';
import { MemoryChangelog, over } from '../src/conformance/support.ts';
import { windowStore } from '../src/index.ts';
import { WindowView } from '../src/kinds/window/view.ts';
import type { Bucket } from '../src/layers/segmented/bucket.ts';
import { BucketMap } from '../src/layers/segmented/bucket-map.ts';
import { ExpiredSegments } from '../src/layers/segmented/expired-segments.ts';
import { segmentPrefix } from '../src/layers/segmented/layout.ts';
import { MemoryStore } from '../src/runtime.ts';

const minute = 60_000;
const spec = windowStore({
  name: 's',
  key: string(),
  value: long(),
  retentionMs: 10 * minute,
  windowSizeMs: minute,
});

describe('the buckets in memory', () => {
  const bucket = (segment: number, mapKey: string, unflushed = false): Bucket => ({
    segment,
    mapKey,
    writtenKey: Buffer.from(mapKey),
    entries: [],
    isStored: false,
    removed: undefined,
    uncommitted: false,
    unflushed,
  });
  const filled = (): BucketMap => {
    const map = new BucketMap();
    map.add(bucket(1, 'a'));
    map.add(bucket(1, 'b', true));
    map.add(bucket(2, 'a'));
    map.add(bucket(3, 'a'));
    return map;
  };

  test('are found by segment and key, and counted', () => {
    const map = filled();
    expect(map.weight).toBe(4);
    expect(map.get(1, 'b')?.segment).toBe(1);
    expect(map.get(2, 'b')).toBeUndefined();
    expect(map.get(9, 'a')).toBeUndefined();
  });

  test('go with their segments', () => {
    const map = filled();
    const gone: string[] = [];
    map.dropBelow(2, ({ segment, mapKey }) => gone.push(`${segment} ${String(mapKey)}`));
    expect(gone).toEqual(['1 a', '1 b']);
    expect(map.weight).toBe(2);
    expect(map.get(1, 'a')).toBeUndefined();
    expect(map.get(2, 'a')).toBeDefined();
  });

  test('are dropped until as many are left as may be, but for those that the bytes store does not have', () => {
    const map = filled();
    map.evict(4);
    expect(map.weight).toBe(4);
    map.evict(3);
    expect(map.weight).toBe(3);
    expect(map.get(1, 'a')).toBeUndefined();
    map.evict(0);
    expect(map.weight).toBe(1);
    expect(map.get(1, 'b')).toBeDefined();
  });
});

describe('expired segments', () => {
  /** A bytes store that removes ranges when the test says so. */
  function slowStore() {
    const cleared: BytesRange[] = [];
    const pending: { end: () => void; fail: (error: unknown) => void }[] = [];
    const store = new MemoryStore();
    const backing: BytesStore = {
      checkpoint: undefined,
      openedEmpty: true,
      get: (key) => store.get(key),
      write: (changes, checkpoint) => store.write(changes, checkpoint),
      iterate: (range) => store.iterate(range),
      clear(range) {
        cleared.push(range);
        return new Promise<void>((end, fail) => pending.push({ end, fail }));
      },
      close: () => store.close(),
    };
    return { backing, cleared, pending };
  }

  test('are removed once each, in a store without I/O at once', () => {
    const cleared: unknown[] = [];
    const store = new MemoryStore();
    store.clear = (range) => void cleared.push(range);
    const expired = new ExpiredSegments(store, () => {});
    expired.clearBelow(0);
    expect(cleared).toEqual([]);
    expired.clearBelow(3);
    expired.clearBelow(3);
    expired.clearBelow(2);
    expect(cleared).toEqual([{ to: segmentPrefix(3) }]);
    expect(expired.clearing).toBeUndefined();
  });

  test('are waited for, all of them, and a failure is passed on', async () => {
    const { backing, pending } = slowStore();
    const errors: unknown[] = [];
    const expired = new ExpiredSegments(backing, (error) => errors.push(error));
    expired.clearBelow(1);
    expired.clearBelow(2);
    let done = false;
    const waited = expired.clearing!.then(() => {
      done = true;
    });
    pending[1]!.fail(new Error('disk full'));
    await new Promise(setImmediate);
    expect(done).toBe(false);
    pending[0]!.end();
    await waited;
    expect(errors).toEqual([new Error('disk full')]);
  });

  test('stay until what made them expire is committed, and a close waits for their removal', async () => {
    const { backing, cleared, pending } = slowStore();
    const view = new WindowView(spec, over(backing));
    view.put('a', 1, 0);
    view.takeChanges();
    // A record that comes while the commit is under way.
    view.put('a', 2, 60 * minute);
    view.committed({ topicId: 't', offset: 1, streamTime: 0 }, 1);
    expect(cleared).toEqual([]);
    view.takeChanges();
    view.committed({ topicId: 't', offset: 2, streamTime: 60 * minute }, 2);
    expect(cleared).toHaveLength(1);
    let closed = false;
    const closing = Promise.resolve(view.close()).then(() => {
      closed = true;
    });
    await new Promise(setImmediate);
    expect(closed).toBe(false);
    pending[0]!.end();
    await closing;
  });

  test('whose removal fails make the next commit fail', async () => {
    const { backing, pending } = slowStore();
    const view = new WindowView(spec, over(backing));
    view.put('a', 1, 0);
    view.put('a', 2, 60 * minute);
    view.takeChanges();
    view.committed({ topicId: 't', offset: 2, streamTime: 60 * minute }, 1);
    pending[0]!.fail(new Error('disk full'));
    await new Promise(setImmediate);
    expect(() => view.committed(undefined, 2)).toThrow('disk full');
  });

  test('are left out of a restore', () => {
    const log = new MemoryChangelog();
    const view = new WindowView(spec, over(new MemoryStore()));
    view.put('a', 1, 0);
    log.commit(view);
    view.put('b', 2, 60 * minute);
    log.commit(view);
    const restored = new WindowView(spec, over(new MemoryStore()));
    // Out of order, as compaction leaves it.
    for (const record of log.records.toReversed()) restored.restore(record);
    expect(restored.fetch('b', 60 * minute)).toBe(2);
    expect(restored.fetch('a', 0)).toBeUndefined();
  });
});

test('a store without a changelog is read back from disk, though nothing says how far it had got', async () => {
  const disk = new MemoryStore();
  const view = new WindowView(spec, over(disk));
  view.put('a', 1, minute);
  view.takeChanges();
  await view.flush(undefined);
  const again = new WindowView(
    spec,
    over({
      checkpoint: undefined,
      openedEmpty: false,
      get: (key) => disk.get(key),
      write: (changes, checkpoint) => disk.write(changes, checkpoint),
      iterate: (range) => disk.iterate(range),
      clear: (range) => disk.clear(range),
      close: () => disk.close(),
    }),
  );
  // Something must have moved time on for windows to be looked up at all.
  again.put('b', 1, 2 * minute);
  expect(again.fetch('a', minute)).toBe(1);
});
