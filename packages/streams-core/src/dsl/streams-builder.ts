import type { Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import { tableSource } from '../operators/table/table-source.ts';
import type { Topic } from '../serde/topic.ts';
import { LogicalGraph } from '../topology/logical-graph.ts';
import type { SourceTopic, TableFacts } from '../topology/nodes.ts';
import { Topology } from '../topology/topology.ts';
import { GlobalKTable } from './global-ktable.ts';
import { KStream } from './kstream.ts';
import { KTable } from './ktable.ts';
import { keptIn, tableStore } from './materialize.ts';
import type { Materialized, Named } from './options.ts';
import type { Views } from './views.ts';

/** Where topologies start. Its methods add to one graph; `build` makes the immutable value of it. */
export class StreamsBuilder {
  readonly #graph = new LogicalGraph();
  readonly #views: Views = {
    graph: this.#graph,
    stream: (ref) => new KStream(this.#views, ref),
    table: (ref) => new KTable(this.#views, ref),
  };
  readonly #sources = new Map<string, string>();

  /** The records of a topic, or of several with the same keys and values, as a stream. */
  stream<K, V>(topics: Topic<K, V> | readonly Topic<K, V>[], { name }: Named = {}): KStream<K, V> {
    const list = Array.isArray(topics) ? (topics as readonly Topic<K, V>[]) : [topics as Topic<K, V>];
    const [first] = list;
    if (first === undefined) throw new TopologyError('TOPOLOGY_INVALID', 'stream() needs at least one topic');
    const generated = this.#graph.names.node('KSTREAM-SOURCE-', name);
    const node = this.#source(generated, list);
    return this.#views.stream({
      node,
      key: first.key,
      value: first.value,
      sources: [node],
      repartition: false,
    });
  }

  /** A topic read as a table: the last record of each key is its row, a null value deletes it. */
  table<K, V>(source: Topic<K, V>, options: Materialized<V> = {}): KTable<K, V> {
    const { names } = this.#graph;
    const storeName = options.as ?? names.store(`${source.name}-`);
    const sourceName = names.node('KSTREAM-SOURCE-', options.name && `${options.name}-source`);
    const name = names.node('KTABLE-SOURCE-', options.name);
    const node = this.#source(sourceName, [source]);
    const { as, historyRetentionMs } = options;
    const kept = as !== undefined || historyRetentionMs !== undefined;
    const table: TableFacts = { ...keptIn(storeName, options), materialized: kept };
    this.#graph.addStore(tableStore(storeName, source.key, source.value, options) as StoreSpec);
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
    return new GlobalKTable({ node: name, key: source.key, value: source.value, sources: [sourceName] });
  }

  /** Adds a store for processors that name it in their `stores`. */
  addStateStore<K, V>(spec: StoreSpec<K, V>): this {
    this.#graph.addStore(spec as StoreSpec);
    return this;
  }

  /** The topology so far. @throws TopologyError for a program that cannot run */
  build(): Topology {
    if (this.#sources.size === 0) {
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        'The topology reads no topic: start it with stream() or table()',
      );
    }
    return new Topology(this.#graph);
  }

  /** A source node; the one that reads the same topics already, where there is one. */
  #source<K, V>(name: string, topics: readonly Topic<K, V>[]): string {
    const key = topics.map((one) => one.name).join(',');
    const existing = this.#sources.get(key);
    if (existing !== undefined) return existing;
    for (const { name: topic } of topics) {
      const reader = [...this.#sources].find(([read]) => read.split(',').includes(topic));
      if (reader === undefined) continue;
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `Topic "${topic}" is read by ${reader[1]} already, together with other topics: read the same list, or read each topic by itself and merge()`,
      );
    }
    this.#graph.addSource({ name, topics: topics.map(erase), global: false });
    this.#sources.set(key, name);
    return name;
  }
}

/** Types end at the graph: the DSL has checked that what meets there fits. */
function erase<K, V>({ name, key, value }: Topic<K, V>): SourceTopic {
  return { name, key: key as Serde<unknown>, value: value as Serde<unknown> };
}
