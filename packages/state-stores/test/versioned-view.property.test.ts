import { long, string } from '@millrace/log-client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BytesStore } from '../src/bytes-store.ts';
import { MemoryChangelog, collect } from '../src/conformance/support.ts';
import { versionedStore } from '../src/index.ts';
import { VersionedView } from '../src/kinds/versioned/view.ts';
import { MemoryStore } from '../src/runtime.ts';

// A versioned store over commits, flushes, evictions and crashes, against a list of all versions.

const historyRetentionMs = 20;
const spec = versionedStore({ name: 'v', key: string(), value: long(), historyRetentionMs });
const limits = { flushCells: 2, flushAfterMs: 1_000_000, maxCells: 3 };
const open = (backing: BytesStore) => new VersionedView(spec, { backing, timestamp: () => 0, limits });

interface Version {
  readonly value: number | null;
  readonly timestamp: number;
}

class Model {
  versions = new Map<string, Version[]>();
  streamTime = -1;

  put(key: string, value: number | null, timestamp: number): string {
    if (timestamp < this.streamTime - historyRetentionMs) return 'expired';
    this.streamTime = Math.max(this.streamTime, timestamp);
    const others = (this.versions.get(key) ?? []).filter((one) => one.timestamp !== timestamp);
    const all = [...others, { value, timestamp }].sort((a, b) => a.timestamp - b.timestamp);
    this.versions.set(key, all);
    return all.at(-1)!.timestamp === timestamp ? 'latest' : 'out-of-order';
  }

  of(key: string) {
    const all = this.versions.get(key) ?? [];
    return all.flatMap(({ value, timestamp }, at) =>
      value === null ? [] : [{ value, validFrom: timestamp, validTo: all[at + 1]?.timestamp }],
    );
  }

  /** What is past the retention can be relied on only where it is the latest. */
  get(key: string, asOf: number | undefined) {
    const all = this.of(key);
    const latest = all.findLast(({ validTo }) => validTo === undefined);
    if (asOf === undefined) return latest;
    const found = all.find(
      ({ validFrom, validTo }) => validFrom <= asOf && (validTo === undefined || asOf < validTo),
    );
    return found !== latest && asOf < this.streamTime - historyRetentionMs ? undefined : found;
  }

  between(key: string, from: number, to: number) {
    const earliest = Math.max(from, this.streamTime - historyRetentionMs);
    return this.of(key).filter(({ validFrom, validTo }) =>
      validTo === undefined ? validFrom <= to : validFrom <= to && validTo > earliest,
    );
  }

  copy(): Model {
    const copy = new Model();
    copy.versions = new Map([...this.versions].map(([key, list]) => [key, [...list]]));
    copy.streamTime = this.streamTime;
    return copy;
  }
}

const keys = ['a', 'b', 'c', 'd', 'e'];
const time = fc.integer({ min: 0, max: 60 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.constantFrom(...keys),
      value: fc.option(fc.nat(9), { freq: 4 }),
      time,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('commit', 'flush', 'crash', 'move', 'delete' as const),
      key: fc.constantFrom(...keys),
      time,
    }),
  },
);

test('versions are those that were put, as far back as the history goes, and come back as of the last commit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (run) => {
      let disk: BytesStore = new MemoryStore();
      let view = open(disk);
      const log = new MemoryChangelog();
      let now = new Model();
      let committed = now.copy();
      for (const one of run) {
        if (one.do === 'put') {
          expect(view.put(one.key, one.value, one.time)).toBe(now.put(one.key, one.value, one.time));
        } else if (one.do === 'delete') {
          const isExpired = one.time < now.streamTime - historyRetentionMs;
          const before = isExpired ? undefined : now.get(one.key, one.time);
          expect(view.delete(one.key, one.time)?.value).toBe(before?.value);
          if (!isExpired) now.put(one.key, null, one.time);
        } else if (one.do === 'commit' || one.do === 'flush') {
          log.commit(view);
          committed = now.copy();
          if (one.do === 'flush') await view.flush(log.checkpoint(view));
        } else {
          const old = disk;
          disk =
            one.do === 'move'
              ? new MemoryStore()
              : {
                  openedEmpty: false,
                  get checkpoint() {
                    return old.checkpoint;
                  },
                  get: (key) => old.get(key),
                  write: (changes, checkpoint) => old.write(changes, checkpoint),
                  iterate: (range) => old.iterate(range),
                  clear: (range) => old.clear(range),
                  close: () => old.close(),
                };
          view = open(disk);
          log.restoreInto(view);
          now = committed.copy();
        }
        expect(view.streamTime).toBe(now.streamTime);
        for (const key of keys) {
          expect(view.get(key)).toEqual(now.get(key, undefined));
          expect(view.get(key, one.time)).toEqual(now.get(key, one.time));
          const found = view.versions(key, one.time - 10, one.time + 10);
          expect(found).toEqual(now.between(key, one.time - 10, one.time + 10));
          const latest = now.get(key, undefined);
          expect(view.rows.get(key)).toEqual(latest && { value: latest.value, timestamp: latest.validFrom });
        }
      }
      const rows = await collect(view.range());
      const wanted = keys.flatMap((key) => {
        const latest = now.get(key, undefined);
        return latest === undefined ? [] : [[key, { value: latest.value, timestamp: latest.validFrom }]];
      });
      expect(rows).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});
