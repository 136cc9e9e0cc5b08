import { didYouMean } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../../errors.ts';
import type { StoreReference } from './queryable-store.ts';

/** The store that a table, a spec or a name stands for. @throws TopologyError `TOPOLOGY_STORE_MISSING` */
export function storeNamed(stores: ReadonlyMap<string, StoreSpec>, reference: StoreReference): StoreSpec {
  const name =
    typeof reference === 'string'
      ? reference
      : 'queryableStoreName' in reference
        ? reference.queryableStoreName
        : reference.name;
  if (name === undefined) {
    throw new TopologyError(
      'TOPOLOGY_STORE_MISSING',
      "This table has no store of its own to be asked: give it one with { as: '...' }",
    );
  }
  const spec = stores.get(name);
  if (spec !== undefined) return spec;
  throw new TopologyError(
    'TOPOLOGY_STORE_MISSING',
    `The topology has no store "${name}"; it has ${[...stores.keys()].join(', ') || 'none'}${didYouMean(name, stores.keys())}`,
  );
}
