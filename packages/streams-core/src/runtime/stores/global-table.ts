import type { LogRecord } from '@millrace/log-client';
import { openStore, type StateStore } from '@millrace/state-stores/runtime';
import type { SourceTopic } from '../../topology/graph/nodes.ts';
import type { SubTopology } from '../../topology/built/sub-topologies.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { DeserializationExceptionHandler, ProcessingExceptionHandler } from '../../handlers.ts';
import type { Logger } from '../../logger.ts';
import { RecordCollector } from '../task/output/record-collector.ts';
import { openSource } from '../task/input/source-node.ts';
import { Task } from '../task/task.ts';
import { TaskClock } from '../task/task-clock.ts';
import type { TopicDirectory } from '../task/topic-directory.ts';

/** A topic read whole into memory, for every task of this instance. */
export interface GlobalTable {
  readonly topic: SourceTopic;
  readonly store: StateStore;
  /** Records that were left out: without a key, or unreadable where the handler skipped them. */
  readonly dropped: number;
  /** Takes records of a partition in. A promise only where a processor of the user's made one. */
  update(records: readonly LogRecord[], partition: number): void | Promise<void>;
}

/** Who decides about records that cannot be read or processed (KIP-1270). */
export interface GlobalTableHandlers {
  readonly onDeserializationError: DeserializationExceptionHandler;
  readonly onProcessingError: ProcessingExceptionHandler;
  readonly logger: Logger;
}

/** The global tables of a topology, empty. */
export function globalTablesOf(topology: Topology, handlers: GlobalTableHandlers): GlobalTable[] {
  return topology.subTopologies
    .filter((subTopology) => subTopology.global)
    .map((subTopology) =>
      hasOwnProcessor(subTopology)
        ? processed(topology, subTopology, handlers)
        : plain(subTopology, withoutDeadLetters(handlers)),
    );
}

function hasOwnProcessor(subTopology: SubTopology): boolean {
  return subTopology.nodes.some((node) => node.kind === 'processor' && node.table === undefined);
}

/** Every instance reads a global table from its beginning at each start: dead letters would be duplicated. */
function withoutDeadLetters(handlers: GlobalTableHandlers): GlobalTableHandlers {
  const { logger } = handlers;
  let warned = false;
  const leftOut = <R>(response: R, message: string): R | 'continue' => {
    if (typeof response !== 'object') return response;
    if (!warned) {
      logger.warn({}, `Left out of a global table, which sends no dead letters: ${message}`);
    }
    warned = true;
    return 'continue';
  };
  return {
    logger,
    onDeserializationError: (error, record) =>
      leftOut(handlers.onDeserializationError(error, record), error.message),
    onProcessingError: (error, record) => leftOut(handlers.onProcessingError(error, record), error.message),
  };
}

/** Nothing is written from here. */
const directory: TopicDirectory = {
  realName: (name) => name,
  partitions: () => 1,
  knownPartitions: () => undefined,
};

/** Records are put as they come; one without a key is left out. */
function plain(subTopology: SubTopology, { onDeserializationError }: GlobalTableHandlers): GlobalTable {
  const source = subTopology.sources[0]!;
  const topic = source.topics[0]!;
  const store = openStore(
    { ...subTopology.stores[0]!, persistent: false },
    { timestamp: () => -1 },
  ) as StateStore;
  const rows = store.rows!;
  let dropped = 0;
  const count = (): void => {
    dropped++;
  };
  const collector = new RecordCollector();
  const read = (partition: number) =>
    openSource({
      node: source.name,
      addedAt: source.addedAt,
      topic,
      realName: topic.name,
      partition,
      onError: onDeserializationError,
      collector,
      directory,
      dropped: count,
    });
  const readers = new Map<number, ReturnType<typeof openSource>>();
  return {
    topic,
    store,
    get dropped() {
      return dropped;
    },
    update(records, partition) {
      const deserialize = readers.get(partition) ?? read(partition);
      readers.set(partition, deserialize);
      for (const record of records) {
        const row = deserialize(record, -1);
        if (row === undefined) continue;
        if (row.key === null) count();
        else rows.put(row.key, row.value, row.timestamp, row.headers);
      }
      store.takeChanges();
      store.commitStands();
    },
  };
}

/** Records go through a processor of the user's, which fills the store: a task that writes nothing. */
function processed(topology: Topology, subTopology: SubTopology, given: GlobalTableHandlers): GlobalTable {
  const { logger: _, ...handlers } = withoutDeadLetters(given);
  const topic = subTopology.sources[0]!.topics[0]!;
  const clock = new TaskClock(0);
  const spec = { ...subTopology.stores[0]!, persistent: false };
  const store = openStore(spec, clock.current) as StateStore;
  const task = new Task({
    id: { subTopology: subTopology.id, partition: 0 },
    applicationId: 'global',
    topology,
    subTopology,
    inputs: [{ topic: topic.name, topicId: '', committed: undefined, startOffset: 0 }],
    stores: new Map(),
    globalStores: new Map([[store.name, store]]),
    clock,
    directory,
    lagOf: () => 0,
    ...handlers,
    now: Date.now,
  });
  return {
    topic,
    store,
    get dropped() {
      return task.counts.dropped;
    },
    update(records) {
      task.addRecords(topic.name, records);
      const done = task.process(records.length);
      const finish = (): void => {
        task.prepareCommit();
        store.takeChanges();
        store.commitStands();
      };
      return typeof done === 'number' ? finish() : done.then(finish);
    },
  };
}
