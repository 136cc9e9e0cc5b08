import { long, string } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BytesStore } from '../src/bytes-store.ts';
import { MemoryChangelog, collect } from '../src/conformance/support.ts';
import { sessionStore, windowStore } from '../src/index.ts';
import { SessionView } from '../src/kinds/session/view.ts';
import { WindowView } from '../src/kinds/window/view.ts';
import type { StateStore } from '../src/runtime.ts';
import { MemoryStore } from '../src/runtime.ts';

// Windows and sessions over commits, flushes, evictions, expiry and crashes, against a list of what was put.

const minute = 60_000;
const retentionMs = 10 * minute;
/** As SegmentedView has it for this retention. */
const segmentMs = 5 * minute;
const common = { name: 's', key: string(), value: long(), retentionMs };
/** So small that memory is full, and is written and emptied, again and again. */
const limits = { flushCells: 2, flushAfterMs: 1_000_000, maxCells: 3 };

interface Entry {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

interface Subject extends StateStore {
  set(entry: Entry, value: number | null): void;
  get(entry: Entry): number | undefined;
  of(key: string, reverse: boolean): Entry[];
  between(from: number, to: number, reverse: boolean): Promise<Entry[]>;
  takeClosed(
    until: number,
  ): readonly { readonly key: string; readonly start: number; readonly value: number }[];
}

/** A store and the rules of its kind. */
interface Kind {
  open(store: BytesStore, indexedByTime: boolean): Subject;
  readonly timeOf: (entry: Entry) => number;
  /** The first time that can still be read, for look-ups and for scans. */
  readonly earliest: (streamTime: number, firstSegment: number) => number;
}

const options = (backing: BytesStore) => ({ backing, timestamp: () => 1, limits });
const windowed = (indexedByTime: boolean) => (indexedByTime ? { indexedByTime } : {});

const windows: Kind = {
  open(store, indexedByTime) {
    const spec = windowStore({ ...common, windowSizeMs: minute });
    const view = new WindowView({ ...spec, ...windowed(indexedByTime) }, options(store));
    const entry = (key: string) => (found: { readonly start: number; readonly value: number }) => ({
      key,
      start: found.start,
      end: found.start + minute,
      value: found.value,
    });
    return Object.assign(view, {
      set: ({ key, start }: Entry, value: number | null) => view.put(key, value, start),
      get: ({ key, start }: Entry) => view.fetch(key, start),
      of: (key: string, reverse: boolean) =>
        view.fetchRange(key, 0, 99 * minute, { reverse }).map(entry(key)),
      between: async (from: number, to: number, reverse: boolean) =>
        (await collect(view.fetchAll(from, to, { reverse }))).map((found) => entry(found.key)(found)),
    });
  },
  timeOf: ({ start }) => start,
  earliest: (streamTime) => streamTime - retentionMs + 1,
};

const sessions: Kind = {
  open(store, indexedByTime) {
    const view = new SessionView({ ...sessionStore(common), ...windowed(indexedByTime) }, options(store));
    return Object.assign(view, {
      set: ({ key, start, end }: Entry, value: number | null) => view.put(key, value, start, end),
      get: ({ key, start, end }: Entry) => view.fetchSession(key, start, end),
      of: (key: string, reverse: boolean) => view.fetch(key, { reverse }).map((found) => ({ key, ...found })),
      between: async (from: number, to: number, reverse: boolean) =>
        (await collect(view.findAll(from, to, { reverse }))).map(({ key, start, end, value }) => ({
          key,
          start,
          end,
          value,
        })),
    });
  },
  timeOf: ({ end }) => end,
  earliest: (_streamTime, firstSegment) => firstSegment * segmentMs,
};

const nameOf = ({ key, start, end }: Entry): string => `${key} ${start} ${end}`;

/** What was put, and what a store may still show of it. */
class Model {
  entries = new Map<string, Entry>();
  streamTime = -1;
  readonly kind: Kind;

  constructor(kind: Kind) {
    this.kind = kind;
  }

  get firstSegment(): number {
    return Math.max(0, Math.floor((this.streamTime - retentionMs) / segmentMs));
  }

  put(entry: Entry): void {
    const time = this.kind.timeOf(entry);
    this.streamTime = Math.max(this.streamTime, time);
    if (Math.floor(time / segmentMs) >= this.firstSegment) this.entries.set(nameOf(entry), entry);
  }

  copy(): Model {
    const copy = new Model(this.kind);
    copy.entries = new Map(this.entries);
    copy.streamTime = this.streamTime;
    return copy;
  }

  /** By time, then start, then key. */
  visible(): Entry[] {
    const { timeOf, earliest } = this.kind;
    const first = earliest(this.streamTime, this.firstSegment);
    return [...this.entries.values()]
      .filter((entry) => timeOf(entry) >= first)
      .sort((a, b) => timeOf(a) - timeOf(b) || a.start - b.start || (a.key < b.key ? -1 : 1));
  }
}

const keys = ['a', 'b', 'c'];
const put = fc.record({
  do: fc.constant('put' as const),
  key: fc.constantFrom(...keys),
  start: fc.integer({ min: 0, max: 12 }).map((n) => n * 2 * minute),
  length: fc.integer({ min: 0, max: 1 }),
  value: fc.nat(9),
});
const other = fc.record({
  do: fc.constantFrom('remove', 'commit', 'commit', 'flush', 'crash', 'move', 'scan' as const),
  pick: fc.nat(),
  from: fc.integer({ min: 0, max: 25 }).map((n) => n * minute),
  length: fc.integer({ min: 0, max: 25 }).map((n) => n * minute),
});
const steps = fc.array(fc.oneof({ weight: 3, arbitrary: put }, { weight: 2, arbitrary: other }), {
  minLength: 10,
  maxLength: 60,
});

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

function entryOf(kind: Kind, step: { key: string; start: number; length: number; value: number }): Entry {
  const { key, start, length, value } = step;
  const end = kind === windows ? start + minute : start + length * minute;
  return { key, start, end, value };
}

describe.each([
  ['windows', windows],
  ['sessions', sessions],
])('%s', (_name, kind) => {
  test('show what was put and not removed, as long as their retention says, and come back as of the last commit', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        let disk: BytesStore = new MemoryStore();
        let view = kind.open(disk, false);
        const log = new MemoryChangelog();
        let now = new Model(kind);
        let committed = now.copy();
        for (const step of run) {
          switch (step.do) {
            case 'put': {
              const entry = entryOf(kind, step);
              now.put(entry);
              view.set(entry, entry.value);
              break;
            }
            case 'remove': {
              // One that the changelog has: what comes and goes between commits leaves no trace of its time.
              const known = [...committed.entries.values()].filter((one) => now.entries.has(nameOf(one)));
              const entry = known[step.pick % known.length];
              if (entry === undefined || Math.floor(kind.timeOf(entry) / segmentMs) < now.firstSegment) break;
              view.set(entry, null);
              now.entries.delete(nameOf(entry));
              break;
            }
            case 'commit':
            case 'flush':
              log.commit(view);
              committed = now.copy();
              if (step.do === 'flush') await view.flush(log.checkpoint(view));
              break;
            case 'crash':
            case 'move':
              disk = step.do === 'crash' ? reopened(disk) : new MemoryStore();
              view = kind.open(disk, false);
              await view.load();
              log.restoreInto(view);
              now = committed.copy();
              break;
            case 'scan': {
              const to = step.from + step.length;
              const wanted = now
                .visible()
                .filter((entry) => kind.timeOf(entry) >= step.from && kind.timeOf(entry) <= to);
              expect(await view.between(step.from, to, false)).toEqual(wanted);
              expect(await view.between(step.from, to, true)).toEqual(wanted.toReversed());
              break;
            }
          }
          expect(view.streamTime).toBe(now.streamTime);
          const visible = now.visible();
          for (const key of keys) {
            const own = visible.filter((entry) => entry.key === key);
            expect(view.of(key, false)).toEqual(own);
            expect(view.of(key, true)).toEqual(own.toReversed());
          }
          for (const entry of now.entries.values()) {
            const isVisible = visible.includes(entry);
            expect(view.get(entry)).toBe(isVisible ? entry.value : undefined);
          }
        }
        expect(await view.between(0, 99 * minute, false)).toEqual(now.visible());
      }),
      { numRuns: 300 },
    );
  });

  test('indexed by time are taken out once each, by time, start and key, also after a restart', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        let disk: BytesStore = new MemoryStore();
        let view = kind.open(disk, true);
        const log = new MemoryChangelog();
        let now = new Map<string, Entry>();
        let committed = new Map(now);
        // What was taken is committed with the changes, as operators do it.
        let [taken, takenCommitted] = [-1, -1];
        for (const step of run) {
          if (step.do === 'put') {
            const entry = entryOf(kind, step);
            // Later ones are too late, which operators see to.
            const time = kind.timeOf(entry);
            if (time <= taken || time < view.streamTime - retentionMs) continue;
            now.set(nameOf(entry), entry);
            view.set(entry, entry.value);
          } else if (step.do === 'crash' || step.do === 'move') {
            disk = step.do === 'crash' ? reopened(disk) : new MemoryStore();
            view = kind.open(disk, true);
            await view.load();
            log.restoreInto(view);
            now = new Map(committed);
            taken = takenCommitted;
          } else if (step.do === 'scan') {
            const until = step.from;
            const due = [...now.values()]
              .filter((entry) => kind.timeOf(entry) <= until && kind.timeOf(entry) > taken)
              .sort(
                (a, b) => kind.timeOf(a) - kind.timeOf(b) || a.start - b.start || (a.key < b.key ? -1 : 1),
              );
            const found = view
              .takeClosed(until)
              .filter((one) => kind.timeOf(one as unknown as Entry) > taken)
              .map(({ key, start, value }) => `${key} ${start}=${value}`);
            expect(found).toEqual(due.map(({ key, start, value }) => `${key} ${start}=${value}`));
            taken = Math.max(taken, until);
          } else if (step.do === 'commit' || step.do === 'flush') {
            log.commit(view);
            committed = new Map(now);
            takenCommitted = taken;
            if (step.do === 'flush') await view.flush(log.checkpoint(view));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

test('what comes and goes between two commits leaves nothing in the changelog', () => {
  const view = new SessionView(
    sessionStore({ ...common, retentionMs: 20 * minute }),
    options(new MemoryStore()),
  );
  const log = new MemoryChangelog();
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
