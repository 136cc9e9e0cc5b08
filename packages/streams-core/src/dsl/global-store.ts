import type { StoreSpec } from '@millrace/state-stores';
import { process } from '../operators/stateless/process.ts';
import type { Topic } from '../serde/topic.ts';
import type { LogicalGraph } from '../topology/logical-graph.ts';
import type { ProcessorSupplier } from '../topology/processor.ts';
import { erase } from './sources.ts';

/** A store that every instance fills with the whole of a topic, by a processor of yours. */
export interface GlobalStore<K, V> {
  readonly store: StoreSpec;
  readonly topic: Topic<K, V>;
  /** Gets every record of the topic, also those from before the app was started, and puts what it likes into the store. */
  readonly supplier: ProcessorSupplier<K, V, never, never>;
  /** The processor's name. Default: after the store's. */
  readonly name?: string;
}

export function addGlobalStore<K, V>(
  graph: LogicalGraph,
  { store, topic, supplier, name = `${store.name}-processor` }: GlobalStore<K, V>,
): void {
  const source = `${store.name}-source`;
  graph.addSource({ name: source, topics: [erase(topic)], global: true });
  // Every instance reads the topic anew when it starts.
  graph.addStore({ ...store, logging: false, persistent: false });
  graph.globalStores.add(store.name);
  graph.addProcessor({ name, parents: [source], operator: process(supplier), stores: [store.name] });
}
