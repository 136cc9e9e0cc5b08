import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../../errors.ts';
import type { TopologyNode } from './nodes.ts';

/** @throws TopologyError `TOPOLOGY_STORE_MISSING` where a processor names a store that was never added */
export function assertStoresConnected(
  nodes: readonly TopologyNode[],
  stores: ReadonlyMap<string, StoreSpec>,
): void {
  for (const node of nodes) {
    if (node.kind !== 'processor') continue;
    for (const name of node.stores) {
      if (stores.has(name)) continue;
      throw new TopologyError(
        'TOPOLOGY_STORE_MISSING',
        `Processor "${node.name}" uses the store "${name}", which does not exist: add it with addStateStore, or name its spec in the processor's "stores"`,
      );
    }
  }
}
