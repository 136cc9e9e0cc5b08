import { isLegalName, legalNames } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../../errors.ts';
import { NodeNames } from './node-names.ts';
import { usersLine } from './users-line.ts';
import type {
  KeptOnce,
  NullKeys,
  ProcessorNode,
  RepartitionTopic,
  SinkNode,
  SourceNode,
  TableFacts,
  TopologyNode,
} from './nodes.ts';
import type { Optimizations } from './optimizations.ts';
import type { AnyOperator } from '../operator.ts';

export interface NewProcessor {
  readonly name: string;
  readonly parents: readonly string[];
  readonly operator: AnyOperator;
  readonly stores?: readonly string[];
  readonly lookups?: readonly string[];
  readonly table?: TableFacts;
  readonly once?: KeptOnce;
}

/**
 * The nodes that the DSL adds, in the order in which it adds them. Append-only; facts about tables may still
 * grow.
 */
export class LogicalGraph {
  readonly optimize: Optimizations;
  /** Streams that go through a topic already, by the node they come from; as the DSL knows them. */
  readonly repartitioned = new Map<string, unknown>();
  /** What is known of null keys where streams go through topics, by the node before the topic. */
  readonly nullKeys = new Map<string, NullKeys>();
  /** Joins that records without a key pass. */
  readonly nullKeyJoins = new Set<string>();
  readonly names = new NodeNames();
  readonly nodes = new Map<string, TopologyNode>();
  readonly stores = new Map<string, StoreSpec>();
  readonly globalStores = new Set<string>();
  readonly repartitionTopics = new Map<string, RepartitionTopic>();
  /** Groups of source nodes whose topics must have as many partitions as each other; with who asked. */
  readonly copartitioned: { readonly node: string; readonly sources: readonly string[] }[] = [];

  constructor(optimize: Optimizations = {}) {
    this.optimize = optimize;
  }

  addSource(source: Omit<SourceNode, 'kind'>): void {
    this.#add({ ...source, kind: 'source' });
  }

  addSink(sink: Omit<SinkNode, 'kind'>): void {
    this.#add({ ...sink, kind: 'sink' });
  }

  addProcessor({ stores = [], lookups = [], table, ...rest }: NewProcessor): void {
    const node: ProcessorNode = { ...rest, stores, lookups, table, kind: 'processor' };
    this.#add(node);
    for (const name of lookups) this.requireLookup(name);
  }

  #add(node: TopologyNode): void {
    if (this.nodes.has(node.name)) {
      throw new TopologyError(
        'TOPOLOGY_NAME_TAKEN',
        `A node named "${node.name}" exists already: give this ${node.kind} another name`,
      );
    }
    this.nodes.set(node.name, { ...node, addedAt: usersLine() });
  }

  /**
   * Adds a store; the same spec may be added again.
   * @throws TopologyError for a name that cannot be a folder's and a topic's, or is taken
   */
  addStore<K, V>(spec: StoreSpec<K, V>): void {
    // A leading "__" is for what the runtime itself keeps in the log.
    if (!isLegalName(spec.name) || spec.name.startsWith('__')) {
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `Illegal store name ${JSON.stringify(spec.name)}: use 1 to 249 ${legalNames}, and do not begin with "__"`,
      );
    }
    const existing = this.stores.get(spec.name);
    if (existing !== undefined && existing !== (spec as StoreSpec)) {
      throw new TopologyError(
        'TOPOLOGY_NAME_TAKEN',
        `A store named "${spec.name}" exists already: give this one another name`,
      );
    }
    // Types end at the graph: the DSL has checked that what uses the store fits.
    this.stores.set(spec.name, spec as StoreSpec);
  }

  /** Lets a processor use a store. @throws TopologyError for one that is not there */
  connect(processor: string, store: string): void {
    const node = this.nodes.get(processor);
    if (node?.kind !== 'processor') {
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `Store "${store}" cannot be connected to "${processor}": there is no such processor; add it first`,
      );
    }
    this.nodes.set(processor, { ...node, stores: [...new Set([...node.stores, store])] });
  }

  #table(node: string): TableFacts {
    const found = this.nodes.get(node);
    if (found?.kind !== 'processor' || found.table === undefined) {
      throw new TopologyError('TOPOLOGY_INVALID', `Node "${node}" makes no table`);
    }
    return found.table;
  }

  /** Sees to it that a table's rows can be looked up: keeps them where they cannot be worked out. */
  requireLookup(node: string): void {
    const table = this.#table(node);
    if (table.store !== undefined) table.materialized = true;
    else for (const parent of table.parents) this.requireLookup(parent);
  }

  /** Sees to it that a table's changes carry the old values. */
  requireOldValues(node: string): void {
    const table = this.#table(node);
    if (table.sendOldValues) return;
    table.sendOldValues = true;
    if (table.store !== undefined) table.materialized = true;
    else for (const parent of table.parents) this.requireOldValues(parent);
  }

  /**
   * Has a table's changes carry old values where that costs nothing: its rows are kept already. Returns
   * whether they do (Kafka Streams: enableSendingOldValues without forcing materialization).
   */
  offerOldValues(node: string): boolean {
    const table = this.#table(node);
    if (table.sendOldValues) return true;
    const [parent, ...others] = table.parents;
    const joined = others.length > 0;
    if ((table.store !== undefined && table.materialized) || joined) {
      this.requireOldValues(node);
      return true;
    }
    if (table.store !== undefined || parent === undefined) return false;
    table.sendOldValues = this.offerOldValues(parent);
    return table.sendOldValues;
  }

  /** Has a table whose parent's changes carry old values compare with them. */
  useOldValues(node: string): void {
    this.#table(node).sendOldValues = true;
  }

  /** The stores behind a table's rows. */
  storesOf(node: string): string[] {
    const table = this.#table(node);
    if (table.store !== undefined && table.materialized) return [table.store];
    const behind = table.parents.flatMap((parent) => this.storesOf(parent));
    return table.buffer === undefined ? behind : [table.buffer, ...behind];
  }

  requireCopartitioning(node: string, sources: readonly string[]): void {
    this.copartitioned.push({ node, sources });
  }
}
