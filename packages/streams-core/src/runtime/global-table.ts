import type { LogRecord } from '@millrace/log-client';
import { type KeyValueView, openStore, type StateStore } from '@millrace/state-stores';
import type { SubTopology } from '../topology/sub-topologies.ts';
import type { Topology } from '../topology/topology.ts';
import type { SourceTopic } from '../topology/nodes.ts';
import { failOnDeserializationError } from './handlers.ts';
import { Task } from './task/task.ts';
import { TaskClock } from './task/task-clock.ts';

/** A topic read whole into memory, for every task of this instance. */
export interface GlobalTable {
  readonly topic: SourceTopic;
  readonly store: StateStore;
  /** Takes records in. A promise only where a processor of the user's made one. */
  update(records: readonly LogRecord[]): void | Promise<void>;
}

/** The global tables of a topology, empty. */
export function globalTablesOf(topology: Topology): GlobalTable[] {
  return topology.subTopologies
    .filter((part) => part.global)
    .map((part) => (hasOwnProcessor(part) ? processed(topology, part) : plain(part)));
}

function hasOwnProcessor(part: SubTopology): boolean {
  return part.nodes.some((node) => node.kind === 'processor' && node.table === undefined);
}

/** Records are put as they come; one without a key is left out. */
function plain(part: SubTopology): GlobalTable {
  const topic = part.sources[0]!.topics[0]!;
  const store = openStore({ ...part.stores[0]!, persistent: false }, { timestamp: () => -1 });
  const view = store as KeyValueView<unknown, unknown>;
  return {
    topic,
    store: view,
    update(records) {
      for (const { key, value, timestamp } of records) {
        if (key === null) continue;
        const row = value === null ? null : topic.value.deserialize(value);
        view.put(topic.key.deserialize(key), row, timestamp);
      }
      view.takeChanges();
    },
  };
}

/** Records go through a processor of the user's, which fills the store: a task that writes nothing. */
function processed(topology: Topology, part: SubTopology): GlobalTable {
  const topic = part.sources[0]!.topics[0]!;
  const clock = new TaskClock(0);
  const spec = { ...part.stores[0]!, persistent: false };
  const store = openStore(spec, { timestamp: () => clock.timestamp }) as StateStore;
  const task = new Task({
    id: { subTopology: part.id, partition: 0 },
    applicationId: 'global',
    topology,
    part,
    inputs: [{ topic: topic.name, committed: undefined, startOffset: 0 }],
    stores: new Map(),
    globalStores: new Map([[store.name, store]]),
    clock,
    directory: { realName: (name) => name, partitions: () => 1 },
    lagOf: () => 0,
    onDeserializationError: failOnDeserializationError,
    now: Date.now,
  });
  return {
    topic,
    store,
    update(records) {
      task.addRecords(topic.name, records);
      const done = task.process(records.length);
      const finish = (): void => {
        task.prepareCommit();
        store.takeChanges();
      };
      return typeof done === 'number' ? finish() : done.then(finish);
    },
  };
}
