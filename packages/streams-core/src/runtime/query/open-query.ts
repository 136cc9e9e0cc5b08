import { partitionForKey } from '@millrace/log-client';
import type {
  KeyValueQueries,
  StoreQueries,
  StoreRow,
  TimeSpan,
  VersionedQueries,
  WindowedQueries,
  WindowedStoreRow,
} from '@millrace/state-stores/runtime';
import { ConfigError, isStoreUnavailable, StoreUnavailableError, TopologyError } from '../../errors.ts';
import type { Windowed } from '../../record/record.ts';
import { mergeRows } from './merge-rows.ts';
import { type QueryOptions, type ResolvedQueryOptions, resolveQueryOptions } from './query-options.ts';
import type {
  QueryableKeyValueStore,
  QueryableWindowedStore,
  RangeQuery,
  Row,
  TimeQuery,
} from './queryable-store.ts';
import type { StorePartition, StorePartitions } from './store-partitions.ts';

type AnyQueryable = QueryableKeyValueStore<unknown, unknown> | QueryableWindowedStore<unknown, unknown>;

/** Opens a store to queries, by its kind. @throws TopologyError for a kind that has no rows to ask for */
export function openQuery(partitions: StorePartitions, options: QueryOptions): AnyQueryable {
  const query = new StoreQuery(partitions, resolveQueryOptions(options));
  const { kind, name } = partitions.spec;
  if (kind === 'window' || kind === 'session') return new WindowedStoreQuery(query);
  if (kind === 'key-value' || kind === 'versioned') return new KeyValueStoreQuery(query);
  throw new TopologyError(
    'TOPOLOGY_STORE_MISSING',
    `Store "${name}" is the topology's own: it has no rows to ask for`,
  );
}

/** Finds the partitions that a query reads, and waits until they have what it asks to see. */
class StoreQuery {
  readonly partitions: StorePartitions;
  readonly #options: ResolvedQueryOptions;

  constructor(partitions: StorePartitions, options: ResolvedQueryOptions) {
    this.partitions = partitions;
    this.#options = options;
  }

  get name(): string {
    return this.partitions.spec.name;
  }

  /** The partition that has a key's rows. */
  at<Q extends StoreQueries>(key: unknown): Promise<Q> {
    const { partitions } = this;
    const { stale, partitioner } = this.#options;
    const maxLag = stale?.maxLag;
    return this.#inTime(() =>
      this.#queriesOf<Q>(partitions.find(partitionOf(partitions, key, partitioner), maxLag)),
    );
  }

  /** Rows of all partitions that are here, merged. */
  async *scan<Q extends StoreQueries, R>(
    open: (queries: Q) => AsyncIterableIterator<R>,
    compare: (a: R, b: R) => number,
  ): AsyncIterableIterator<R> {
    const { all, queries } = await this.#inTime(() => {
      const found = this.partitions.all();
      return { all: found, queries: found.map((one) => this.#queriesOf<Q>(one)) };
    });
    try {
      yield* mergeRows(queries.map(open), compare);
    } catch (error) {
      const gone = all.find(({ isOpen }) => !isOpen());
      if (gone === undefined) throw error;
      throw this.#unavailable(
        'STORE_MOVED',
        gone.partition,
        'left this instance while it was read: ask again',
      );
    }
  }

  /** Tries again whenever something changes, until it works or the time is over. */
  async #inTime<T>(look: () => T): Promise<T> {
    const deadline = performance.now() + this.#options.timeoutMs;
    for (;;) {
      try {
        return look();
      } catch (error) {
        const mayCome = isStoreUnavailable(error) && error.code !== 'STORE_MOVED';
        const left = deadline - performance.now();
        // Asked for in the same turn, so that nothing is missed.
        if (!mayCome || left <= 0 || !(await within(this.partitions.changed(), left))) throw error;
      }
    }
  }

  /** @throws StoreUnavailableError where it does not have what the query asks to see */
  #queriesOf<Q extends StoreQueries>(found: StorePartition): Q {
    const { isolation: wanted, atLeast } = this.#options;
    // Of what has nothing that is not committed, the latest is committed.
    const isolation = found.isReplica ? 'latest' : wanted;
    if (isolation === 'committed' && !found.store.knowsCommitted) {
      throw this.#unavailable(
        'STORE_BEHIND',
        found.partition,
        'is asked for the first time, and tells what is committed after its next commit: ask again',
      );
    }
    for (const { topic, partition, offset } of atLeast) {
      if (found.isReplica) throw unjudged(this.name);
      if (partition !== found.partition) continue;
      const next = found.position(topic, wanted);
      if (next === undefined) throw notAnInput(this.name, topic);
      if (next > offset) continue;
      const what = `does not have record ${topic}-${partition} @ ${offset} yet: ask again, or raise timeoutMs`;
      throw this.#unavailable('STORE_BEHIND', partition, what);
    }
    return found.store.queries!(isolation) as Q;
  }

  #unavailable(code: 'STORE_BEHIND' | 'STORE_MOVED', partition: number, what: string): StoreUnavailableError {
    const message = `Partition ${partition} of store "${this.name}" ${what}`;
    return new StoreUnavailableError(code, message, { store: this.name, partition, host: undefined });
  }
}

/** Which partition has a key's rows. @throws StoreUnavailableError while that is not known */
export function partitionOf(
  { count, spec }: StorePartitions,
  key: unknown,
  partitioner?: (key: unknown, partitions: number) => number,
): number {
  const partitions = count();
  if (partitions === undefined) return 0;
  return partitioner?.(key, partitions) ?? partitionForKey(spec.key.serialize(key), partitions);
}

function unjudged(store: string): ConfigError {
  return new ConfigError(
    `atLeast cannot be judged where store "${store}" is a copy or a global table, which do not know how far the input has been read: ask without "stale", of the instance that has the rows`,
  );
}

function notAnInput(store: string, topic: string): TopologyError {
  return new TopologyError(
    'TOPOLOGY_TOPIC_MISSING',
    `atLeast names the topic "${topic}", which the sub-topology of store "${store}" does not read: name one of its input topics`,
  );
}

/** Whether a promise resolves in time. */
async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

const byKey = (a: StoreRow<unknown, unknown>, b: StoreRow<unknown, unknown>): number =>
  Buffer.compare(a.keyBytes, b.keyBytes);

class KeyValueStoreQuery implements QueryableKeyValueStore<unknown, unknown> {
  readonly name: string;
  readonly #query: StoreQuery;
  readonly #isVersioned: boolean;

  constructor(query: StoreQuery) {
    this.name = query.name;
    this.#query = query;
    this.#isVersioned = query.partitions.spec.kind === 'versioned';
  }

  async get(key: unknown): Promise<unknown> {
    return (await this.getRow(key))?.value;
  }

  async getRow(
    key: unknown,
    { asOf }: { readonly asOf?: number } = {},
  ): Promise<Row<unknown, unknown> | undefined> {
    if (!this.#isVersioned) {
      if (asOf !== undefined) throw this.#unversioned('asOf');
      const queries = await this.#query.at<KeyValueQueries<unknown, unknown>>(key);
      const found = queries.get(key);
      return found && { key, value: found.value, timestamp: found.timestamp };
    }
    const found = (await this.#versioned(key)).get(key, asOf);
    return found && { key, value: found.value, timestamp: found.validFrom };
  }

  async versions(key: unknown, { from = 0, to = Number.MAX_SAFE_INTEGER }: Omit<TimeQuery, 'reverse'> = {}) {
    if (!this.#isVersioned) throw this.#unversioned('versions');
    return (await this.#versioned(key)).versions(key, from, to);
  }

  #versioned(key: unknown): Promise<VersionedQueries<unknown, unknown>> {
    return this.#query.at<VersionedQueries<unknown, unknown>>(key);
  }

  #unversioned(what: string): TopologyError {
    return new TopologyError(
      'TOPOLOGY_INVALID',
      `Store "${this.name}" is not versioned, so that ${what} means nothing: give its table a historyRetentionMs`,
    );
  }

  async *range({
    from,
    to,
    reverse = false,
  }: RangeQuery<unknown> = {}): AsyncIterableIterator<Row<unknown, unknown>> {
    const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), reverse };
    yield* this.#scan((queries) => queries.range(range), reverse);
  }

  all(): AsyncIterableIterator<Row<unknown, unknown>> {
    return this.range();
  }

  async *prefixScan(
    prefix: Uint8Array,
    { reverse = false }: { readonly reverse?: boolean } = {},
  ): AsyncIterableIterator<Row<unknown, unknown>> {
    if (this.#isVersioned) {
      throw new TopologyError('TOPOLOGY_INVALID', `Store "${this.name}" is versioned: scan a range of it`);
    }
    yield* this.#scan(
      (queries) => (queries as KeyValueQueries<unknown, unknown>).prefixScan(prefix, { reverse }),
      reverse,
    );
  }

  async *#scan(
    open: (
      queries: KeyValueQueries<unknown, unknown> | VersionedQueries<unknown, unknown>,
    ) => AsyncIterableIterator<StoreRow<unknown, unknown>>,
    reverse: boolean,
  ): AsyncIterableIterator<Row<unknown, unknown>> {
    for await (const { key, value, timestamp } of this.#query.scan(
      open,
      reverse ? (a, b) => -byKey(a, b) : byKey,
    ))
      yield { key, value, timestamp };
  }

  async approximateCount(): Promise<number> {
    return countOf(this.all());
  }
}

const byTime = (a: WindowedStoreRow<unknown, unknown>, b: WindowedStoreRow<unknown, unknown>): number =>
  a.end - b.end || a.start - b.start || byKey(a, b);

class WindowedStoreQuery implements QueryableWindowedStore<unknown, unknown> {
  readonly name: string;
  readonly #query: StoreQuery;

  constructor(query: StoreQuery) {
    this.name = query.name;
    this.#query = query;
  }

  async get(
    key: unknown,
    { start, end }: { readonly start: number; readonly end?: number },
  ): Promise<unknown> {
    const rows = (await this.#at(key)).fetch(key, { from: start, to: start, reverse: false });
    return rows.find((row) => row.start === start && (end === undefined || row.end === end))?.value;
  }

  async fetch(key: unknown, span: TimeQuery = {}): Promise<readonly Row<Windowed<unknown>, unknown>[]> {
    return (await this.#at(key)).fetch(key, spanOf(span)).map(windowedRow);
  }

  #at(key: unknown): Promise<WindowedQueries<unknown, unknown>> {
    return this.#query.at<WindowedQueries<unknown, unknown>>(key);
  }

  async *fetchAll(query: TimeQuery = {}): AsyncIterableIterator<Row<Windowed<unknown>, unknown>> {
    const span = spanOf(query);
    const compare: typeof byTime = span.reverse ? (a, b) => -byTime(a, b) : byTime;
    const open = (queries: WindowedQueries<unknown, unknown>) => queries.fetchAll(span);
    for await (const row of this.#query.scan(open, compare)) yield windowedRow(row);
  }

  async approximateCount(): Promise<number> {
    return countOf(this.fetchAll());
  }
}

function spanOf({ from = 0, to = Number.MAX_SAFE_INTEGER, reverse = false }: TimeQuery): TimeSpan {
  return { from, to, reverse };
}

export function windowedRow<V>({
  key,
  start,
  end,
  value,
  timestamp,
}: WindowedStoreRow<unknown, V>): Row<Windowed<unknown>, V> {
  return { key: { key, window: { start, end } }, value, timestamp };
}

async function countOf(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count++;
  return count;
}
