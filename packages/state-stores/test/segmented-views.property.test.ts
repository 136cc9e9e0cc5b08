import { long, string } from '@millrace/log-client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BytesStore } from '../src/bytes-store.ts';
import { Changelog, collect, over } from '../src/conformance/support.ts';
import { sessionStore, windowStore } from '../src/index.ts';
import { MemoryStore } from '../src/runtime.ts';
import type { StateStore } from '../src/state-store.ts';
import { SessionView } from '../src/kinds/session/view.ts';
import { WindowView } from '../src/kinds/window/view.ts';

// Windows and sessions over commits, flushes and crashes, against a map of what was put.

const minute = 60_000;
const common = { name: 's', key: string(), value: long(), retentionMs: 20 * minute };

/** What a store left behind, opened again. */
function reopened(store: BytesStore): BytesStore {
  return {
    openedEmpty: false,
    get checkpoint() {
      return store.checkpoint;
    },
    get: (key) => store.get(key),
    write: (changes, checkpoint) => store.write(changes, checkpoint),
    iterate: (range) => store.iterate(range),
    clear: (range) => store.clear(range),
    close: () => store.close(),
  };
}

interface Subject extends StateStore {
  set(key: string, start: number, end: number, value: number | null): void;
  /** As `key start end=value`, in order of text. */
  contents(): Promise<string[]>;
  of(key: string): string[];
}

function windows(store: BytesStore): Subject {
  const view = new WindowView(windowStore({ ...common, windowSizeMs: minute }), over(store, 1));
  return Object.assign(view, {
    set: (key: string, start: number, _end: number, value: number | null) => view.put(key, value, start),
    contents: async () =>
      (await collect(view.all())).map(({ key, start, value }) => `${key} ${start}=${value}`).toSorted(),
    of: (key: string) =>
      view.fetchRange(key, 0, 60 * minute).map(({ start, value }) => `${key} ${start}=${value}`),
  });
}

function sessions(store: BytesStore): Subject {
  const view = new SessionView(sessionStore(common), over(store));
  return Object.assign(view, {
    set: (key: string, start: number, end: number, value: number | null) => view.put(key, value, start, end),
    contents: async () =>
      (await collect(view.all()))
        .map(({ key, start, end, value }) => `${key} ${start} ${end}=${value}`)
        .toSorted(),
    of: (key: string) => view.fetch(key).map(({ start, end, value }) => `${key} ${start} ${end}=${value}`),
  });
}

const keys = ['a', 'b'];
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.constantFrom(...keys),
      start: fc.integer({ min: 0, max: 3 }).map((n) => n * 4 * minute),
      length: fc.integer({ min: 0, max: 1 }).map((n) => n * minute),
      value: fc.option(fc.nat(9)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('commit' as const, 'flush' as const, 'crash' as const, 'move' as const),
    }),
  },
);

test.each([
  ['windows', windows, (key: string, start: number, _end: number) => `${key} ${start}`],
  ['sessions', sessions, (key: string, start: number, end: number) => `${key} ${start} ${end}`],
])(
  '%s hold what was put and not removed, and come back as of the last commit',
  async (_name, open, nameOf) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        let disk: BytesStore = new MemoryStore();
        let view = open(disk);
        const log = new Changelog();
        let now = new Map<string, number>();
        let committed = new Map(now);
        for (const one of steps) {
          if (one.do === 'put') {
            const end = one.start + one.length;
            view.set(one.key, one.start, end, one.value);
            if (one.value === null) now.delete(nameOf(one.key, one.start, end));
            else now.set(nameOf(one.key, one.start, end), one.value);
            continue;
          }
          if (one.do === 'commit' || one.do === 'flush') {
            log.commit(view);
            committed = new Map(now);
            if (one.do === 'flush') await view.flush(log.checkpoint(view));
          } else {
            disk = one.do === 'crash' ? reopened(disk) : new MemoryStore();
            view = open(disk);
            log.restoreInto(view);
            now = new Map(committed);
          }
          const expected = [...now].map(([name, value]) => `${name}=${value}`).toSorted();
          expect(await view.contents()).toEqual(expected);
          expect(keys.flatMap((key) => view.of(key)).toSorted()).toEqual(expected);
        }
      }),
    );
  },
);

test('what comes and goes between two commits leaves nothing in the changelog', () => {
  const view = new SessionView(sessionStore(common), over(new MemoryStore()));
  const log = new Changelog();
  // A session that grows by every record, as an aggregation makes it.
  const grow = (from: number, to: number): void => {
    for (let end = from; end < to; end++) {
      if (end > 0) view.remove('a', 0, end - 1);
      view.put('a', end, 0, end);
    }
  };
  grow(0, 1000);
  log.commit(view);
  expect(log.records).toHaveLength(1);
  grow(1000, 2000);
  log.commit(view);
  // The one that was there before, and the one that is there now.
  expect(log.records.slice(1).map(({ value }) => value === null)).toEqual([true, false]);
  expect(view.fetch('a')).toEqual([{ start: 0, end: 1999, value: 1999 }]);
});
