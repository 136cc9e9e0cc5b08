import type { LogRecord } from '@millrace/log-client';
import { type KeyValueView, openStore, type StateStore } from '@millrace/state-stores';
import type { SourceTopic } from '../topology/nodes.ts';
import type { Topology } from '../topology/topology.ts';

/** A topic read whole into memory, for every task of this instance. */
export class GlobalTable {
  readonly topic: SourceTopic;
  readonly store: StateStore;

  constructor(topic: SourceTopic, store: StateStore) {
    this.topic = topic;
    this.store = store;
  }

  /** The global tables of a topology, empty. */
  static of(topology: Topology): GlobalTable[] {
    return topology.subTopologies
      .filter((part) => part.global)
      .map((part) => {
        const store = openStore({ ...part.stores[0]!, persistent: false }, { timestamp: () => -1 });
        return new GlobalTable(part.sources[0]!.topics[0]!, store as StateStore);
      });
  }

  /** Takes records in; one without a key is left out. */
  update(records: readonly LogRecord[]): void {
    const view = this.store as KeyValueView<unknown, unknown>;
    for (const { key, value, timestamp } of records) {
      if (key === null) continue;
      view.put(
        this.topic.key.deserialize(key),
        value === null ? null : this.topic.value.deserialize(value),
        timestamp,
      );
    }
    view.takeChanges();
  }
}
