import { TopologyError } from '../../errors.ts';
import type { LogicalGraph } from './logical-graph.ts';

/** Names as Kafka Streams' scheme makes them, with a number in them. */
const generated = /(KSTREAM|KTABLE|COGROUPKSTREAM)-.*-\d{10}/;

/** @throws TopologyError naming each store and internal topic whose name was made up */
export function assertNamed(graph: LogicalGraph): void {
  const used = new Set(
    [...graph.nodes.values()].flatMap((node) => {
      if (node.kind !== 'processor') return [];
      const own = node.table?.materialized === true ? [node.table.store] : [];
      return [...node.stores, ...own];
    }),
  );
  const unnamed = [...graph.stores.keys(), ...graph.repartitionTopics.keys()].filter(
    (name) => generated.test(name) && (used.has(name) || graph.repartitionTopics.has(name)),
  );
  if (unnamed.length === 0) return;
  throw new TopologyError(
    'TOPOLOGY_INVALID',
    `These stores and topics have generated names, which change when operators come or go: ${unnamed.join(', ')}. Name them, e.g. with { as: '...' } for a table's store and { name: '...' } for a grouping, a join or a repartitioning`,
  );
}
