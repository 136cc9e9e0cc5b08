import type { LogRecord, OffsetCommit, PartitionRecords } from '@millrace/log-client';
import type { NewRecordList } from './output/record-collector.ts';
import type { StateStore } from '@millrace/state-stores/runtime';
import type { SubTopology } from '../../topology/built/sub-topologies.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type {
  DeserializationExceptionHandler,
  DroppedRecordHandler,
  ProcessingExceptionHandler,
  ProductionExceptionHandler,
} from '../../handlers.ts';
import type { Tracing } from '../../tracing.ts';
import type { TaskWatch } from './process/task-watch.ts';
import type { CacheBudget } from './process/change-cache.ts';
import type { LagOf } from './input/partition-group.ts';
import type { Timing } from './timing.ts';
import type { TaskClock } from './task-clock.ts';
import type { TaskId } from './task-id.ts';
import type { TaskInput } from './input/task-inputs.ts';
import type { TopicDirectory } from './topic-directory.ts';

export interface TaskOptions {
  readonly id: TaskId;
  readonly applicationId: string;
  readonly topology: Topology;
  readonly subTopology: SubTopology;
  readonly inputs: readonly TaskInput[];
  readonly stores: ReadonlyMap<string, StateStore>;
  readonly globalStores: ReadonlyMap<string, StateStore>;
  readonly clock: TaskClock;
  readonly directory: TopicDirectory;
  readonly lagOf: LagOf;
  readonly onDeserializationError: DeserializationExceptionHandler;
  /** Default: fail. */
  readonly onProcessingError?: ProcessingExceptionHandler;
  /** Default: fail. */
  readonly onProductionError?: ProductionExceptionHandler;
  /** For changes that may wait until the next commit; undefined: none wait. */
  readonly cacheBudget?: CacheBudget | undefined;
  /** Wall-clock time between results that wait for stream time to pass, in milliseconds. Default 0. */
  readonly emitIntervalMs?: number;
  /** Wall-clock time in milliseconds. */
  readonly now: () => number;
  /** A clock that never goes back, for intervals, in milliseconds. Default: `now`. */
  readonly monotonicNow?: () => number;
  /** Called for each record that an operator skips; may send its input to a topic. */
  readonly onDropped?: DroppedRecordHandler;
  /** Whether serdes check what they write, where they can. Default false. */
  readonly validate?: boolean;
  /** Takes in how long after their timestamps records are committed; undefined: not measured. */
  readonly endToEnd?: Timing | undefined;
  /** Follows records; undefined: they are not traced. */
  readonly tracing?: Tracing | undefined;
  /** Whether the records of each node are counted. Default false. */
  readonly countsNodes?: boolean;
  /** Called with what an input brings, by real topic name. */
  readonly onInput?: ((topic: string, records: readonly LogRecord[]) => void) | undefined;
  /** Sees every record at every node; undefined: nobody watches. */
  readonly watch?: TaskWatch | undefined;
  /** What its records are kept in until they are sent. Default: arrays. */
  readonly newRecordList?: NewRecordList | undefined;
}

/** What a task has made since it was last asked. */
export interface TaskOutput {
  /** How many of them are for changelogs; these come first. */
  readonly changelogs: number;
  readonly records: readonly PartitionRecords[];
}

/** What one commit of a task is made of. */
export interface PreparedCommit extends TaskOutput {
  readonly offsets: readonly OffsetCommit[];
}

/** What a task has done so far. */
export interface TaskCounts {
  processed: number;
  /** Records left out: null keys, late ones, unreadable ones. */
  dropped: number;
  /** Of those the ones that were too late for their windows. */
  late: number;
  /** Records left out, by the node that did. */
  readonly droppedBy: Map<string, number>;
}
