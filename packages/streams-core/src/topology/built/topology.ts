import type { StoreSpec } from '@millrace/state-stores';
import { assertStoresConnected } from '../graph/assert-stores.ts';
import { describeTopology } from '../print/describe.ts';
import { drawTopology } from '../print/draw.ts';
import type { LogicalGraph } from '../graph/logical-graph.ts';
import { type NodesAndStores, windowsOnce } from '../graph/windows-once.ts';
import type { ProcessorNode, RepartitionTopic, TopologyNode } from '../graph/nodes.ts';
import type { ProcessorWrapper } from '../processor.ts';
import { findSubTopologies, type SubTopology } from './sub-topologies.ts';

/**
 * A topology: what to run, as an immutable value. Describe it, test it, run it as often as you like. Made by
 * `StreamsBuilder.build()`.
 */
export class Topology {
  readonly nodes: ReadonlyMap<string, TopologyNode>;
  /** All stores that are really kept, by name. */
  readonly stores: ReadonlyMap<string, StoreSpec>;
  readonly globalStores: ReadonlySet<string>;
  readonly subTopologies: readonly SubTopology[];
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>;
  readonly copartitioned: readonly { readonly node: string; readonly sources: readonly string[] }[];

  /** What is put around every processor. */
  readonly processorWrapper: ProcessorWrapper | undefined;

  /** @internal */
  constructor(graph: LogicalGraph, processorWrapper?: ProcessorWrapper) {
    this.processorWrapper = processorWrapper;
    const made: NodesAndStores = graph.optimize.windowsOnce === true ? windowsOnce(graph) : graph;
    const nodes = [...made.nodes.values()].map((node) =>
      node.kind === 'processor' ? resolveStores(node, graph) : node,
    );
    this.nodes = new Map(nodes.map((node) => [node.name, Object.freeze(node)]));
    const used = new Set(nodes.flatMap((node) => (node.kind === 'processor' ? node.stores : [])));
    assertStoresConnected(nodes, made.stores);
    this.stores = new Map([...made.stores].filter(([name]) => used.has(name)));
    this.globalStores = new Set(graph.globalStores);
    this.repartitionTopics = new Map(graph.repartitionTopics);
    this.copartitioned = [...graph.copartitioned];
    this.subTopologies = findSubTopologies(this.nodes, this.stores, this.globalStores);
    Object.freeze(this);
  }

  /**
   * The topology as a text: as Kafka Streams' `Topology#describe` prints it, which its visualisers read (the
   * default), or as a graph for Mermaid or for Graphviz (`dot`).
   */
  describe({ as = 'text' }: { readonly as?: 'text' | 'mermaid' | 'dot' } = {}): string {
    return as === 'text' ? describeTopology(this.subTopologies) : drawTopology(this.subTopologies, as);
  }
}

/** A node with the stores that it turned out to need. */
function resolveStores(node: ProcessorNode, graph: LogicalGraph): ProcessorNode {
  const own = node.table?.store !== undefined && node.table.materialized ? [node.table.store] : [];
  const lookedUp = node.lookups.flatMap((name) => graph.storesOf(name));
  // Global stores are everyone's: looking one up connects nothing.
  const stores = new Set([
    ...node.stores,
    ...own,
    ...lookedUp.filter((name) => !graph.globalStores.has(name)),
  ]);
  // A copy: the builder may go on, and learn more about its tables.
  const table = node.table === undefined ? undefined : Object.freeze({ ...node.table });
  return { ...node, table, stores: [...stores].sort() };
}
