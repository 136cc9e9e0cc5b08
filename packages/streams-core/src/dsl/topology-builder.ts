import type { StoreSpec } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import { process } from '../operators/process/process.ts';
import type { Consumed } from '../options/consumed.ts';
import type { GlobalStore } from '../options/global-store.ts';
import type { Produced } from '../options/produced.ts';
import { connectStores } from '../plan/connect-stores.ts';
import { addGlobalStore } from '../plan/global-store.ts';
import { addSink, type Serializers, type SinkTarget } from '../plan/sinks.ts';
import { Sources } from '../plan/sources.ts';
import type { StreamRecord } from '../record/record.ts';
import type { Serializer, SinkTopic, Topic, TopicPattern } from '../serde/topic.ts';
import { Topology } from '../topology/built/topology.ts';
import { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { ProcessorSupplier, ProcessorWrapper } from '../topology/processor.ts';

/** What a processor added by hand is connected to. */
export interface AddProcessorOptions {
  /** Nodes whose records it gets. */
  readonly parents: readonly string[];
  /**
   * The stores it may use: specs, which are added to the topology, or names of stores that have been added.
   */
  readonly stores?: readonly (string | StoreSpec)[];
}

/**
 * A topology put together node by node: the Processor API, where the DSL is not enough. Nodes are known by
 * their names; that what meets at a node fits together is not checked.
 */
export class TopologyBuilder {
  readonly #graph = new LogicalGraph();
  readonly #sources = new Sources(this.#graph);
  readonly #processorWrapper: ProcessorWrapper | undefined;

  constructor({ processorWrapper }: { readonly processorWrapper?: ProcessorWrapper } = {}) {
    this.#processorWrapper = processorWrapper;
  }

  /** Where records come in: a topic, several with the same keys and values, or all that match a pattern. */
  addSource<K, V>(
    name: string,
    topics: Topic<K, V> | readonly Topic<K, V>[] | TopicPattern<K, V>,
    consumed: Omit<Consumed<K, V>, 'name'> = {},
  ): this {
    const node =
      'pattern' in topics
        ? this.#sources.pattern(name, topics, consumed)
        : this.#sources.topics(name, [topics].flat() as Topic<K, V>[], consumed);
    if (node === name) return this;
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `Source "${name}" reads what "${node}" reads already: connect its processors to "${node}"`,
    );
  }

  /**
   * A processor, after the nodes that are its parents. @throws TopologyError for parents that are not there
   * or are sinks
   */
  addProcessor<KIn, VIn, KOut, VOut>(
    name: string,
    supplier: ProcessorSupplier<KIn, VIn, KOut, VOut>,
    { parents, stores = [] }: AddProcessorOptions,
  ): this {
    this.#checkParents(name, parents);
    const names = connectStores(this.#graph, { stores });
    this.#graph.addProcessor({ name, parents, operator: process(supplier), stores: names });
    return this;
  }

  /** Where records leave to a topic. */
  addSink<K, V>(
    name: string,
    topic: SinkTopic<K, V>,
    options: { readonly parents: readonly string[] } & Omit<Produced<K, V>, 'name'>,
  ): this;
  /** Where records leave to the topic that `choose` names for each. */
  addSink<K, V>(
    name: string,
    choose: (record: StreamRecord<K, V>) => string,
    options: {
      readonly parents: readonly string[];
      readonly key: Serializer<K>;
      readonly value: Serializer<V>;
    } & Omit<Produced<K, V>, 'name'>,
  ): this;
  addSink<K, V>(
    name: string,
    target: SinkTarget<K, V>,
    options: { readonly parents: readonly string[] } & Partial<Serializers<K, V>> & Produced<K, V>,
  ): this {
    const { parents } = options;
    this.#checkParents(name, parents);
    addSink(this.#graph, { name, parents, target, options });
    return this;
  }

  #checkParents(name: string, parents: readonly string[]): void {
    if (parents.length === 0) {
      throw new TopologyError('TOPOLOGY_INVALID', `Node "${name}" has no parents: nothing would reach it`);
    }
    for (const parent of parents) {
      const node = this.#graph.nodes.get(parent);
      if (node === undefined) {
        throw new TopologyError(
          'TOPOLOGY_INVALID',
          `Node "${name}" comes after "${parent}", which does not exist: add that one first`,
        );
      }
      if (node.kind === 'sink') {
        throw new TopologyError(
          'TOPOLOGY_INVALID',
          `Node "${name}" comes after "${parent}", which is a sink`,
        );
      }
    }
  }

  /** Adds a store, and connects it to processors. */
  addStateStore<K, V>(spec: StoreSpec<K, V>, ...processors: readonly string[]): this {
    this.#graph.addStore(spec);
    for (const processor of processors) this.#graph.connect(processor, spec.name);
    return this;
  }

  /** Connects a processor to stores that have been added. */
  connectProcessorAndStateStores(processor: string, ...stores: readonly string[]): this {
    for (const store of stores) this.#graph.connect(processor, store);
    return this;
  }

  /** A store that every instance fills with the whole of a topic; any processor may read it. */
  addGlobalStore<K, V>(store: GlobalStore<K, V>): this {
    addGlobalStore(this.#graph, store);
    return this;
  }

  /**
   * A store that holds what a topic says, which is its changelog at the same time. The processor gets the
   * topic's records and writes the store; without one they are put as they come (KIP-813).
   */
  addReadOnlyStateStore<K, V>(
    spec: StoreSpec<K, V>,
    topic: Topic<K, V>,
    options: { readonly name?: string; readonly supplier?: ProcessorSupplier<K, V, never, never> } & Omit<
      Consumed<K, V>,
      'name'
    > = {},
  ): this {
    const name = options.name ?? `${spec.name}-processor`;
    const source = `${spec.name}-source`;
    const own = { ...spec, logging: false, sourceTopic: topic.name };
    const supplier: ProcessorSupplier<K, V, never, never> =
      options.supplier ??
      ((context) => {
        const store = context.getStateStore<K, V>(spec.name);
        return ({ key, value }) => {
          if (key !== null) store.put(key, value);
        };
      });
    this.addSource(source, topic, options);
    return this.addStateStore(own).addProcessor(name, supplier, { parents: [source], stores: [spec.name] });
  }

  /** The topology so far. @throws TopologyError for a program that cannot run */
  build(): Topology {
    if (this.#sources.isEmpty) {
      throw new TopologyError('TOPOLOGY_INVALID', 'The topology reads no topic: start it with addSource()');
    }
    return new Topology(this.#graph, this.#processorWrapper);
  }
}
