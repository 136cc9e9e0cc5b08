import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import { tableSource } from '../operators/table/table-source.ts';
import type { Topic, TopicPattern } from '../serde/topic.ts';
import { assertNamed } from '../topology/assert-named.ts';
import { LogicalGraph } from '../topology/logical-graph.ts';
import type { TableFacts } from '../topology/nodes.ts';
import type { Optimizations } from '../topology/optimizations.ts';
import type { ProcessorWrapper } from '../topology/processor.ts';
import { settleNullKeys } from '../topology/null-keys.ts';
import { Topology } from '../topology/topology.ts';
import type { Consumed } from './consumed.ts';
import { GlobalKTable } from './global-ktable.ts';
import { addGlobalStore, type GlobalStore } from './global-store.ts';
import { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import { keptIn, tableStore } from './materialize.ts';
import type { Materialized } from './options.ts';
import { erase, Sources } from './sources.ts';
import type { Views } from './views.ts';

/** How a topology is built. */
export interface StreamsBuilderOptions {
  /** Nothing by default: each of these changes what topics an application has. */
  readonly optimize?: Optimizations;
  /** Refuses stores and internal topics with generated names, which change with the program and leave their data behind (KIP-1111). */
  readonly requireNames?: boolean;
  readonly processorWrapper?: ProcessorWrapper;
}

/** Where topologies start. Its methods add to one graph; `build` makes the immutable value of it. */
export class StreamsBuilder {
  readonly #graph: LogicalGraph;
  readonly #options: StreamsBuilderOptions;
  readonly #views: Views;
  readonly #sources: Sources;

  constructor(options: StreamsBuilderOptions = {}) {
    this.#options = options;
    this.#graph = new LogicalGraph(options.optimize);
    this.#sources = new Sources(this.#graph);
    this.#views = {
      graph: this.#graph,
      stream: (ref) => new KStream(this.#views, ref),
      table: (ref) => new KTable(this.#views, ref),
    };
  }

  /** The records of a topic, of several with the same keys and values, or of all whose names match a pattern, as a stream. */
  stream<K, V>(
    topics: Topic<K, V> | readonly Topic<K, V>[] | TopicPattern<K, V>,
    consumed: Consumed<K, V> = {},
  ): KStream<K, V> {
    const generated = this.#graph.names.node('KSTREAM-SOURCE-', consumed.name);
    if ('pattern' in topics) {
      const node = this.#sources.pattern(generated, topics, consumed);
      const { key, value } = topics;
      return this.#views.stream({ node, key, value, sources: [node], repartition: false });
    }
    const list = [topics].flat() as Topic<K, V>[];
    const [first] = list;
    if (first === undefined) throw new TopologyError('TOPOLOGY_INVALID', 'stream() needs at least one topic');
    const node = this.#sources.topics(generated, list, consumed);
    const { key, value } = first;
    return this.#views.stream({ node, key, value, sources: [node], repartition: false });
  }

  /** A topic read as a table: the last record of each key is its row, a null value deletes it. */
  table<K, V>(source: Topic<K, V>, options: Materialized<V> & Consumed<K, V> = {}): KTable<K, V> {
    const { names } = this.#graph;
    const storeName = options.as ?? names.store(`${source.name}-`);
    const sourceName = names.node('KSTREAM-SOURCE-', options.name && `${options.name}-source`);
    const name = names.node('KTABLE-SOURCE-', options.name);
    const node = this.#sources.topics(sourceName, [source], options);
    const { as, historyRetentionMs } = options;
    const kept = as !== undefined || historyRetentionMs !== undefined;
    const table: TableFacts = { ...keptIn(storeName, options), materialized: kept };
    this.#graph.addStore(this.#tableStore(storeName, source, options));
    this.#graph.addProcessor({
      name,
      parents: [node],
      operator: tableSource(storeName),
      table,
    });
    const { key, value } = source;
    return this.#views.table({ node: name, key, value, sources: [node], storeName: as, historyRetentionMs });
  }

  /** A topic that every instance reads whole, to join with by any key. It is complete before the app starts to run. */
  globalTable<K, V>(
    source: Topic<K, V>,
    options: Omit<Materialized<V>, 'historyRetentionMs'> = {},
  ): GlobalKTable<K, V> {
    const { names } = this.#graph;
    const storeName = options.as ?? names.store(`${source.name}-`);
    const sourceName = names.node('KSTREAM-SOURCE-', options.name && `${options.name}-source`);
    const name = names.node('KTABLE-SOURCE-', options.name);
    this.#graph.addSource({ name: sourceName, topics: [erase(source)], global: true });
    this.#graph.addStore(
      tableStore(storeName, source.key, source.value, {
        ...options,
        logging: false,
        persistent: false,
      }) as StoreSpec,
    );
    this.#graph.globalStores.add(storeName);
    this.#graph.addProcessor({
      name,
      parents: [sourceName],
      operator: tableSource(storeName),
      table: keptIn(storeName, { caching: false }),
    });
    const { key, value } = source;
    return new GlobalKTable({ node: name, key, value, sources: [sourceName], storeName: options.as });
  }

  /** A table's store; where source topics are reused and it can be, the topic is its changelog. */
  #tableStore<K, V>(name: string, source: Topic<K, V>, options: Materialized<V> & Consumed<K, V>): StoreSpec {
    const spec = tableStore(name, source.key, source.value, options) as StoreSpec;
    const canReuse = options.value === undefined && options.timestampExtractor === undefined && spec.logging;
    if (this.#options.optimize?.reuseSourceTopics !== true || !canReuse) return spec;
    return { ...spec, logging: false, sourceTopic: source.name };
  }

  /** A store that every instance fills with the whole of a topic, by a processor of yours; any processor may read it. */
  addGlobalStore<K, V>(store: GlobalStore<K, V>): this {
    addGlobalStore(this.#graph, store);
    return this;
  }

  /** Adds a store for processors that name it in their `stores`. */
  addStateStore<K, V>(spec: StoreSpec<K, V>): this {
    this.#graph.addStore(spec as StoreSpec);
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
    settleNullKeys(this.#graph);
    return new Topology(this.#graph, this.#options.processorWrapper);
  }
}
