import { partitionForKey } from '@millrace/log-client';
import type { StoreQueries, StoreRow } from '@millrace/state-stores/runtime';
import { ConfigError, isStoreUnavailable, StoreUnavailableError, TopologyError } from '../../errors.ts';
import { mergeRows } from './merge-rows.ts';
import type { ResolvedQueryOptions } from './query-options.ts';
import type { StorePartition, StorePartitions } from './store-partitions.ts';

/** Finds the partitions that a query reads, and waits until they have what it asks to see. */
export class StoreQuery {
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
  async at<Q extends StoreQueries>(key: unknown): Promise<Q> {
    return (await this.find<Q>(key)).queries;
  }

  /** As `at`, with how far behind a copy is. */
  find<Q extends StoreQueries>(key: unknown): Promise<{ readonly queries: Q } & Pick<StorePartition, 'lag'>> {
    const { partitions } = this;
    const { stale, partitioner } = this.#options;
    return this.#inTime(() => {
      const found = partitions.find(partitionOf(partitions, key, partitioner), stale?.maxLag);
      const lag = found.lag === undefined ? {} : { lag: found.lag };
      return { queries: this.#queriesOf<Q>(found), ...lag };
    });
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

/** By serialised key. */
export const byKey = (a: StoreRow<unknown, unknown>, b: StoreRow<unknown, unknown>): number =>
  Buffer.compare(a.keyBytes, b.keyBytes);

/** How many there are. */
export async function countOf(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count++;
  return count;
}
