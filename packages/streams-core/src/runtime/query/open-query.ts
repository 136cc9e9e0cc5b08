import { TopologyError } from '../../errors.ts';
import { KeyValueStoreQuery } from './key-value-query.ts';
import { type QueryOptions, resolveQueryOptions } from './query-options.ts';
import type { QueryableKeyValueStore, QueryableWindowedStore } from './queryable-store.ts';
import type { StorePartitions } from './store-partitions.ts';
import { StoreQuery } from './store-query.ts';
import { WindowedStoreQuery } from './windowed-query.ts';

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
