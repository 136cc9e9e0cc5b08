import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import type { Consumed } from '../options/consumed.ts';
import type { GlobalStore } from '../options/global-store.ts';
import type { Materialized } from '../options/materialized.ts';
import { addGlobalStore } from '../plan/global-store.ts';
import type { TableRef } from '../plan/refs.ts';
import { Sources } from '../plan/sources.ts';
import { globalTable, sourceTable } from '../plan/table/source-table.ts';
import type { Topic, TopicPattern } from '../serde/topic.ts';
import { Topology } from '../topology/built/topology.ts';
import { assertNamed } from '../topology/graph/assert-named.ts';
import { LogicalGraph } from '../topology/graph/logical-graph.ts';
import { resolveNullKeys } from '../topology/graph/null-keys.ts';
import type { Optimizations } from '../topology/graph/optimizations.ts';
import type { ProcessorWrapper } from '../topology/processor.ts';
import { GlobalKTable } from './global-ktable.ts';
import type { Handles } from './handles.ts';
import { KStream } from './kstream.ts';
import { type InsertOnlyKTable, KTable } from './ktable.ts';

/** How a topology is built. */
export interface StreamsBuilderOptions {
  /** Nothing by default: each of these changes what topics an application has. */
  readonly optimize?: Optimizations;
  /**
   * Refuses stores and internal topics with generated names, which change with the program and leave their
   * data behind (KIP-1111).
   */
  readonly requireNames?: boolean;
  readonly processorWrapper?: ProcessorWrapper;
}

/** Where topologies start. Its methods add to one graph; `build` makes the immutable value of it. */
export class StreamsBuilder {
  readonly #graph: LogicalGraph;
  readonly #options: StreamsBuilderOptions;
  readonly #handles: Handles;
  readonly #sources: Sources;

  constructor(options: StreamsBuilderOptions = {}) {
    this.#options = options;
    this.#graph = new LogicalGraph(options.optimize);
    this.#sources = new Sources(this.#graph);
    this.#handles = {
      graph: this.#graph,
      stream: (ref) => new KStream(this.#handles, ref),
      table: (ref) => new KTable(this.#handles, ref),
      // Types alone tell them apart.
      insertOnlyTable: <K, V>(ref: TableRef<K, V>) =>
        new KTable(this.#handles, ref) as unknown as InsertOnlyKTable<K, V>,
    };
  }

  /**
   * The records of a topic, of several with the same keys and values, or of all whose names match a pattern,
   * as a stream.
   */
  stream<K, V>(
    topics: Topic<K, V> | readonly Topic<K, V>[] | TopicPattern<K, V>,
    consumed: Consumed<K, V> = {},
  ): KStream<K, V> {
    return this.#handles.stream(this.#sources.stream(topics, consumed));
  }

  /** A topic read as a table: the last record of each key is its row, a null value deletes it. */
  table<K, V>(source: Topic<K, V>, options: Materialized<V> & Consumed<K, V> = {}): KTable<K, V> {
    return this.#handles.table(sourceTable(this.#graph, this.#sources, source, options));
  }

  /**
   * A topic that every instance reads whole, to join with by any key. It is complete before the app starts to
   * run.
   */
  globalTable<K, V>(
    source: Topic<K, V>,
    options: Omit<Materialized<V>, 'historyRetentionMs'> = {},
  ): GlobalKTable<K, V> {
    return new GlobalKTable(globalTable(this.#graph, source, options));
  }

  /**
   * A store that every instance fills with a whole topic through your processor; any processor may read it.
   */
  addGlobalStore<K, V>(store: GlobalStore<K, V>): this {
    addGlobalStore(this.#graph, store);
    return this;
  }

  /** Adds a store for processors that name it in their `stores`. */
  addStateStore<K, V>(spec: StoreSpec<K, V>): this {
    this.#graph.addStore(spec);
    return this;
  }

  /** The topology so far. @throws TopologyError for a program that cannot run */
  build(): Topology {
    if (this.#sources.isEmpty) {
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        'The topology reads no topic: start it with stream() or table()',
      );
    }
    if (this.#options.requireNames === true) assertNamed(this.#graph);
    resolveNullKeys(this.#graph);
    return new Topology(this.#graph, this.#options.processorWrapper);
  }
}
