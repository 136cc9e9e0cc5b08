import type { Serde } from '@millrace/log-client';
import { keyValueStore, type StoreSpec, versionedStore } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import { json } from '../serde/json.ts';
import type { TableFacts } from '../topology/graph/nodes.ts';
import type { Materialized } from '../options/materialized.ts';

/** @throws TopologyError `TOPOLOGY_SERDE_MISSING`, naming who needs it */
export function requireKeySerde<K>(serde: Serde<K> | undefined, who: string): Serde<K> {
  if (serde !== undefined) return serde;
  throw new TopologyError(
    'TOPOLOGY_SERDE_MISSING',
    `${who} does not know how to write its keys, because an operator before it changed them: give it a key serde, e.g. { key: string() }`,
  );
}

/** Values of the topology's own topics and stores are JSON where nothing else is said. */
export function valueSerdeOr<V>(...serdes: readonly (Serde<V> | undefined)[]): Serde<V> {
  return serdes.find((serde) => serde !== undefined) ?? json<V>();
}

/** A key-value store for a table, versioned where it is given a history retention. */
export function tableStore<K, V>(
  name: string,
  key: Serde<K>,
  value: Serde<V>,
  { persistent = true, logging = true, changelogConfigs, historyRetentionMs, keepHeaders }: Materialized<V>,
): StoreSpec<K, V> {
  const base = { name, key, value, persistent, logging };
  const spec = changelogConfigs === undefined ? base : { ...base, changelogConfigs };
  if (historyRetentionMs === undefined)
    return keyValueStore(keepHeaders === true ? { ...spec, keepsHeaders: true } : spec);
  if (keepHeaders !== true) return versionedStore({ ...spec, historyRetentionMs });
  throw new TopologyError(
    'TOPOLOGY_INVALID',
    `Store "${name}" has both keepHeaders and historyRetentionMs: rows with versions keep no headers; leave one of the two out`,
  );
}

/** A table that is always kept in this store. */
export function keptIn(store: string, options: TableOptions): TableFacts {
  const { caching = true, historyRetentionMs } = options;
  // A versioned store has every version downstream: nothing may be cached away.
  const cached = caching && historyRetentionMs === undefined;
  return { store, materialized: true, sendOldValues: false, parents: [], cached };
}

type TableOptions = Pick<Materialized<never>, 'caching' | 'historyRetentionMs'>;

/** A table that is derived from others. */
export function derivedFrom(...parents: string[]): TableFacts {
  return { store: undefined, materialized: false, sendOldValues: false, parents, cached: false };
}
