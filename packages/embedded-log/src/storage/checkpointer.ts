import type { FileSystem } from '../files/file-system.ts';
import type { CheckpointPartition, LogCheckpoint } from '../format/checkpoint.ts';
import { indexName } from '../format/file-names.ts';
import { encodeIndex } from '../format/segment-index.ts';
import type { Journal } from './commit/journal.ts';
import { groupOffsetsOf, type LogState, type TopicState } from './log-state.ts';
import type { MemoryRun } from './segments/memory-runs.ts';
import { footprintOf, type NeededFiles } from './needed-files.ts';
import type { OpenFiles } from './segments/open-files.ts';
import type { PartitionLog } from './partition-log.ts';
import { describeSegment, type Segment } from './segments/segment.ts';
import { writeSlot } from './write-slot.ts';

/** A segment whose index is stored again once it has grown by so much, or is full. In bytes. */
const indexGrowthBytes = 1 << 20;

/** A segment as it is when the snapshot is taken, with what only memory holds of it. */
interface Frozen {
  readonly segment: Segment;
  readonly size: number;
  readonly runs: readonly MemoryRun[];
  readonly isSealed: boolean;
}

/** What a checkpoint writes out: taken in one go, between two commits. */
interface Snapshot {
  readonly segments: readonly Frozen[];
  readonly checkpoint: Omit<LogCheckpoint, 'alsoNeeded'>;
  /** Settles when all that the journals before hold is on the device. */
  readonly earlierJournals: Promise<void>;
}

export interface CheckpointerOptions {
  readonly fileSystem: FileSystem;
  readonly files: OpenFiles;
  readonly needed: NeededFiles;
  /** Of the checkpoint that counts now. */
  readonly generation: number;
}

/**
 * Copies what only the journal holds to its place in the segments, so that the journal stays short and
 * recovery fast. Commits go on meanwhile, in a new journal file.
 */
export class Checkpointer {
  readonly #fileSystem: FileSystem;
  readonly #files: OpenFiles;
  readonly #needed: NeededFiles;
  #generation: number;
  running: Promise<void> | undefined;

  constructor(options: CheckpointerOptions) {
    this.#fileSystem = options.fileSystem;
    this.#files = options.files;
    this.#needed = options.needed;
    this.#generation = options.generation;
  }

  /**
   * Takes the snapshot at once and writes it in the background; a failure keeps everything as it was. `onEnd`
   * gets the failure, undefined where there was none.
   */
  start(state: LogState, journal: Journal, onEnd: (failure: unknown) => void): void {
    const snapshot = this.#snapshot(state, journal);
    const end = (failure: unknown): void => {
      this.running = undefined;
      onEnd(failure);
    };
    this.running = this.#write(snapshot).then(() => end(undefined), end);
  }

  #snapshot(state: LogState, journal: Journal): Snapshot {
    const topics = [...state.topics.values()];
    return {
      segments: topics.flatMap(({ state: logs }) => logs.flatMap(freeze)),
      earlierJournals: journal.earlierSynced,
      checkpoint: {
        generation: this.#generation + 1,
        logId: state.logId,
        journalId: journal.id,
        ...journal.follows,
        nextTopicId: state.nextTopicId,
        nextFileId: state.nextFileId,
        topics: topics.map(describeTopic),
        groups: groupOffsetsOf(state),
        ...(state.nextProducerId > 1 ? { nextProducerId: state.nextProducerId } : {}),
        ...(state.transactional.size > 0 ? { transactional: [...state.transactional.values()] } : {}),
      },
    };
  }

  async #write({ segments, checkpoint, earlierJournals }: Snapshot): Promise<void> {
    for (const frozen of segments) await this.#writeRuns(frozen);
    for (const frozen of segments) await this.#writeIndex(frozen);
    await this.#files.syncWritten();
    // The older checkpoint must lead as far as this one, through those journals.
    await earlierJournals;
    const footprint = footprintOf(checkpoint);
    const alsoNeeded = this.#needed.alsoNeededBy(footprint);
    await writeSlot(this.#fileSystem, { ...checkpoint, alsoNeeded });
    this.#generation = checkpoint.generation;
    for (const { segment, size } of segments) segment.memory.dropStoredBefore(size);
    this.#needed.checkpointStands(footprint);
    // The checkpoint stands. What cannot be removed now goes with the next one, or when the log is opened
    // again.
    await this.#needed
      .removeOthers(this.#fileSystem)
      .then((removed) => this.#files.forget(removed))
      .catch(() => {});
  }

  async #writeRuns({ segment, runs }: Frozen): Promise<void> {
    for (let from = 0, to = 0; from < runs.length; from = to) {
      let end = runs[from]!.position;
      while (runs[to]?.position === end) end += runs[to++]!.bytes.length;
      const pieces = runs.slice(from, to).map(({ bytes }) => bytes);
      await this.#files.write(segment.name, runs[from]!.position, pieces, { again: true });
    }
  }

  async #writeIndex({ segment, size, isSealed }: Frozen): Promise<void> {
    const grown = size - segment.indexedUpTo;
    if (grown === 0 || (grown < indexGrowthBytes && !isSealed)) return;
    const index = encodeIndex(await segment.index.upTo(size));
    await this.#files.replace(indexName(segment.name), index);
    segment.indexedUpTo = size;
  }
}

function freeze(log: PartitionLog): Frozen[] {
  return log.segments.map((segment, index) => {
    segment.memory.seal();
    return {
      segment,
      size: segment.size,
      runs: segment.memory.all.filter(({ isStored }) => !isStored),
      isSealed: index < log.segments.length - 1,
    };
  });
}

export function describeTopic({
  id,
  uuid,
  formerId,
  name,
  partitions,
  configs,
  state,
}: TopicState): LogCheckpoint['topics'][number] {
  const former = formerId === undefined ? {} : { formerId };
  return { id, uuid, ...former, name, partitions, configs, state: state.map(describe) };
}

function describe({ start, end, cleanedUpTo, segments, knownProducers }: PartitionLog): CheckpointPartition {
  return {
    start,
    end,
    ...(cleanedUpTo > 0 ? { cleanedUpTo } : {}),
    ...(knownProducers === undefined ? {} : { producers: knownProducers.checkpoint() }),
    segments: segments.map(describeSegment),
  };
}
