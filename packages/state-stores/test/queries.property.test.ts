import { long, string } from '@millrace/log-client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takenChanges, MemoryChangelog, collect } from '../src/conformance/support.ts';
import { keyValueStore, sessionStore, type StoreSpec, versionedStore, windowStore } from '../src/index.ts';
import { createStore } from '../src/kinds/kinds.ts';
import { KeyValueView } from '../src/kinds/key-value/view.ts';
import { SessionView } from '../src/kinds/session/view.ts';
import { VersionedView } from '../src/kinds/versioned/view.ts';
import { WindowView } from '../src/kinds/window/view.ts';
import { type ChangedRow, MemoryStore, type StateStore } from '../src/runtime.ts';

// Queries of stores that are at work: what they see over puts, commits that are prepared and stand later,
// writes to disk and evictions, against one list of rows for what is committed and one for what is not.

const minute = 60_000;
const retentionMs = 10 * minute;
/** As SegmentedView has it for this retention. */
const segmentMs = 5 * minute;
const limits = { flushCells: 2, flushAfterMs: 1_000_000, maxCells: 3 };
const keys = ['a', 'b', 'c', 'd', 'e'];

interface Row {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

type Command =
  | {
      readonly do: 'put';
      readonly key: string;
      readonly at: number;
      readonly long: number;
      readonly value: number | null;
    }
  | { readonly do: 'take' | 'commit' };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.constantFrom(...keys),
      at: fc.integer({ min: 0, max: 25 }).map((n) => n * minute),
      long: fc.integer({ min: 0, max: 2 }).map((n) => n * 1000),
      value: fc.option(fc.integer({ min: 0, max: 99 }), { nil: null, freq: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
);

interface Kind {
  readonly spec: StoreSpec;
  readonly put: (store: StateStore, put: Command & { do: 'put' }) => void;
  /** How a put is identified, and what its row is. */
  readonly rowOf: (put: Command & { do: 'put' }) => Row;
  readonly earliest: (store: StateStore) => number;
  readonly timeOf: (row: Row) => number;
}

const common = { name: 's', key: string(), value: long() };
const whole = ({ key, value }: Command & { do: 'put' }): Row => ({
  key,
  start: 0,
  end: 0,
  value: value ?? -1,
});

const kinds: Readonly<Record<string, Kind>> = {
  'key-value': {
    spec: keyValueStore(common) as StoreSpec,
    put: (store, { key, value, at }) => (store as KeyValueView<string, number>).put(key, value, at),
    rowOf: whole,
    earliest: () => 0,
    timeOf: () => 0,
  },
  versioned: {
    spec: versionedStore({ ...common, historyRetentionMs: 1000 * minute }) as StoreSpec,
    // Later ones only: the oracle keeps the last put of a key.
    put: (store, { key, value }) =>
      (store as VersionedView<string, number>).put(key, value, store.streamTime + 1),
    rowOf: whole,
    earliest: () => 0,
    timeOf: () => 0,
  },
  window: {
    spec: windowStore({ ...common, retentionMs, windowSizeMs: minute }) as StoreSpec,
    put: (store, { key, value, at }) => (store as WindowView<string, number>).put(key, value, at),
    rowOf: ({ key, at, value }) => ({ key, start: at, end: at + minute, value: value ?? -1 }),
    earliest: (store) => store.streamTime - retentionMs + 1,
    timeOf: ({ start }) => start,
  },
  session: {
    spec: sessionStore({ ...common, retentionMs }) as StoreSpec,
    put: (store, { key, value, at, long: ms }) =>
      (store as SessionView<string, number>).put(key, value, at, at + ms),
    rowOf: ({ key, at, long: ms, value }) => ({ key, start: at, end: at + ms, value: value ?? -1 }),
    // Sessions are there as long as their segment is.
    earliest: (store) => Math.floor((store.streamTime - retentionMs) / segmentMs) * segmentMs,
    timeOf: ({ end }) => end,
  },
};

const nameOf = ({ key, start, end }: Row): string => `${key} ${start} ${end}`;

/** Rows as a store is asked for them one key at a time, or all at once. */
async function asked(store: StateStore, isolation: 'committed' | 'latest', all: boolean): Promise<string[]> {
  const queries = store.queries!(isolation);
  const rows: Row[] = [];
  const whole = { start: 0, end: 0 };
  if (queries.kind === 'windowed') {
    const span = { from: 0, to: 1000 * minute, reverse: false };
    const found = all
      ? await collect(queries.fetchAll(span))
      : keys.flatMap((key) => queries.fetch(key, span));
    rows.push(...(found as Row[]));
  } else if (all) {
    for (const { key, value } of await collect(queries.range({})))
      rows.push({ key: key as string, value: value as number, ...whole });
  } else {
    for (const key of keys) {
      const found = queries.get(key);
      if (found !== undefined) rows.push({ key, value: found.value as number, ...whole });
    }
  }
  return rows.map((row) => `${nameOf(row)} = ${row.value}`).toSorted();
}

for (const [name, kind] of Object.entries(kinds)) {
  describe(`queries of a ${name} store`, () => {
    const readable = (rows: ReadonlyMap<string, Row>, store: StateStore): string[] =>
      [...rows.values()]
        .filter((row) => kind.timeOf(row) >= kind.earliest(store))
        .map((row) => `${nameOf(row)} = ${row.value}`)
        .toSorted();

    const apply = (rows: Map<string, Row>, put: Command & { do: 'put' }): void => {
      const row = kind.rowOf(put);
      if (put.value === null) rows.delete(nameOf(row));
      else rows.set(nameOf(row), row);
    };

    test('see what is committed, or the latest, whatever waits to be committed and written', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 60 }), fc.nat(20), async (commands, trackAt) => {
          const store = createStore(kind.spec, { backing: new MemoryStore(), timestamp: () => 1, limits });
          const log = new MemoryChangelog();
          const [latest, committed, replica] = [
            new Map<string, Row>(),
            new Map<string, Row>(),
            new Map<string, Row>(),
          ];
          let [taken, open] = [[] as (Command & { do: 'put' })[], [] as (Command & { do: 'put' })[]];
          let watched = false;
          const take = (): void => {
            log.append(takenChanges(store));
            taken.push(...open);
            open = [];
          };
          const onChange = (rows: readonly ChangedRow<unknown, unknown>[]): void => {
            for (const { key, start = 0, end = 0, value } of rows) {
              const row = { key: key as string, start, end, value: value as number };
              if (value === undefined) replica.delete(nameOf(row));
              else replica.set(nameOf(row), row);
            }
          };
          for (const [index, one] of commands.entries()) {
            if (index === trackAt) store.track();
            if (!watched && store.knowsCommitted) {
              watched = true;
              for (const [row, value] of committed) replica.set(row, value);
              store.queries!('committed').watch(onChange);
            }
            if (one.do === 'put') {
              // What has expired is not taken.
              const isLate = kind.timeOf(kind.rowOf(one)) < kind.earliest(store);
              if (isLate) continue;
              kind.put(store, one);
              apply(latest, one);
              open.push(one);
            } else if (one.do === 'take') {
              take();
            } else if (taken.length > 0) {
              store.committed(log.checkpoint(store), 0);
              for (const put of taken) apply(committed, put);
              taken = [];
              store.commitStands();
            }
            for (const all of [false, true]) {
              expect(await asked(store, 'latest', all)).toEqual(readable(latest, store));
              if (store.knowsCommitted)
                expect(await asked(store, 'committed', all)).toEqual(readable(committed, store));
            }
            if (watched) expect(readable(replica, store)).toEqual(readable(committed, store));
          }
          // Once everything is committed, it knows, whenever it was told to.
          store.track();
          take();
          store.committed(log.checkpoint(store), 0);
          store.commitStands();
          expect(store.knowsCommitted).toBe(true);
        }),
        { numRuns: 300 },
      );
    });
  });
}
