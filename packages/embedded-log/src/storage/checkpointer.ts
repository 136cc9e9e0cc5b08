import type { FileSystem } from '../files/file-system.ts';
import { type LogCheckpoint, type CheckpointPartition, encodeCheckpoint } from '../format/checkpoint.ts';
import { checkpointSlots, segmentName } from '../format/file-names.ts';
import type { FramedBatch } from '../format/frame.ts';
import { type Footprint, footprintOf, removeObsoleteFiles } from './footprint.ts';
import type { Journal } from './journal.ts';
import type { LogState } from './log-state.ts';
import type { OpenFiles } from './open-files.ts';
import type { PartitionLog } from './partition-log.ts';
import { Segment } from './segment.ts';

/** What a checkpoint writes out: taken in one go, between two commits. */
interface Snapshot {
  readonly frozen: readonly { readonly log: PartitionLog; readonly batches: readonly FramedBatch[] }[];
  readonly checkpoint: Omit<LogCheckpoint, 'topics'>;
  /** Settles when all that the journals before hold is on the device. */
  readonly earlierJournals: Promise<void>;
  readonly topics: readonly {
    readonly topic: Omit<LogCheckpoint['topics'][number], 'state'>;
    readonly logs: readonly (Omit<CheckpointPartition, 'segments'> & { readonly log: PartitionLog })[];
  }[];
}

export interface CheckpointerOptions {
  readonly fileSystem: FileSystem;
  readonly files: OpenFiles;
  /** The size from which a segment file is not continued, in bytes. */
  readonly segmentBytes: number;
  /** Of the checkpoint that counts now. */
  readonly generation: number;
  readonly footprint: Footprint;
}

/**
 * Moves what the journal holds into segment files, so that the journal stays short and recovery fast. Commits
 * go on meanwhile, in a new journal file.
 */
export class Checkpointer {
  readonly #fileSystem: FileSystem;
  readonly #files: OpenFiles;
  readonly #segmentBytes: number;
  #generation: number;
  /** What the checkpoint that counts now needs. */
  #footprint: Footprint;
  running: Promise<void> | undefined;

  constructor(options: CheckpointerOptions) {
    this.#fileSystem = options.fileSystem;
    this.#files = options.files;
    this.#segmentBytes = options.segmentBytes;
    this.#generation = options.generation;
    this.#footprint = options.footprint;
  }

  /**
   * Takes the snapshot at once and writes it in the background; a failure keeps everything as it was. `onEnd`
   * gets the failure, undefined where there was none.
   */
  start(state: LogState, journal: Journal, onEnd: (failure: unknown) => void): void {
    const snapshot = this.#snapshot(state, journal);
    const end = (failure: unknown): void => {
      this.#finish(snapshot, failure === undefined);
      this.running = undefined;
      onEnd(failure);
    };
    this.running = this.#write(snapshot).then(() => end(undefined), end);
  }

  #finish({ frozen }: Snapshot, written: boolean): void {
    for (const { log } of frozen) log.thaw(written);
  }

  #snapshot(state: LogState, journal: Journal): Snapshot {
    const topics = [...state.topics.values()];
    return {
      frozen: topics.flatMap((topic) => topic.state.map((log) => ({ log, batches: log.freeze() }))),
      earlierJournals: journal.earlierSynced,
      checkpoint: {
        generation: this.#generation + 1,
        logId: state.logId,
        journalId: journal.id,
        ...journal.follows,
        nextTopicId: state.nextTopicId,
        groups: [...state.groups].map(([group, offsets]) => ({
          group,
          offsets: [...offsets].map(([key, { offset, metadata }]) => {
            const [topicId, partition] = key.split('-');
            return [Number(topicId), Number(partition), offset, metadata] as const;
          }),
        })),
      },
      topics: topics.map(({ state: logs, ...topic }) => ({
        topic,
        logs: logs.map((log) => ({ log, start: log.start, end: log.end })),
      })),
    };
  }

  async #write(snapshot: Snapshot): Promise<void> {
    const segments = new Map<PartitionLog, Segment[]>();
    for (const { log, batches } of snapshot.frozen)
      segments.set(log, await this.#writeSegments(log, batches));
    await this.#fileSystem.syncDirectory();
    // The older checkpoint must lead as far as this one, through those journals.
    await snapshot.earlierJournals;
    const checkpoint: LogCheckpoint = {
      ...snapshot.checkpoint,
      topics: snapshot.topics.map(({ topic, logs }) => ({
        ...topic,
        state: logs.map(({ log, start, end }) => ({
          start,
          end,
          segments: (segments.get(log) ?? []).map((segment) => [segment.baseOffset, segment.size] as const),
        })),
      })),
    };
    await this.#writeSlot(checkpoint);
    for (const [log, written] of segments) log.segments.splice(0, log.segments.length, ...written);
    const footprints = [this.#footprint, footprintOf(checkpoint)];
    this.#footprint = footprints[1]!;
    // The checkpoint stands. What cannot be removed now goes with the next one, or when the log is opened
    // again.
    await removeObsoleteFiles(this.#fileSystem, footprints)
      .then((removed) => this.#files.forget(removed))
      .catch(() => {});
  }

  /** The partition's segments with its frozen batches appended; the ones wholly before its start left out. */
  async #writeSegments(log: PartitionLog, batches: readonly FramedBatch[]): Promise<Segment[]> {
    const segments = log.segments.filter((_, index) => {
      const next = log.segments[index + 1]?.baseOffset ?? batches[0]?.baseOffset ?? log.end;
      return next > log.start;
    });
    const first = batches[0];
    if (first === undefined) return segments;
    const last = segments.at(-1);
    const grows = last !== undefined && last.size < this.#segmentBytes;
    const name = grows ? last.name : segmentName(log.topicId, log.partition, first.baseOffset);
    const position = grows ? last.size : 0;
    const file = await this.#fileSystem.open(name, 'create');
    try {
      await file.write(
        position,
        batches.map((batch) => batch.bytes),
      );
      await file.sync();
    } finally {
      await file.close();
    }
    const size = batches.reduce((sum, batch) => sum + batch.bytes.length, position);
    const base = grows ? last.baseOffset : first.baseOffset;
    // A new object: a reader of the old one keeps to the bytes it knows.
    return [...(grows ? segments.slice(0, -1) : segments), new Segment(this.#files, name, base, size)];
  }

  async #writeSlot(checkpoint: LogCheckpoint): Promise<void> {
    const bytes = encodeCheckpoint(checkpoint);
    const file = await this.#fileSystem.open(checkpointSlots[checkpoint.generation % 2]!, 'create');
    try {
      await file.write(0, [bytes]);
      await file.truncate(bytes.length);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#fileSystem.syncDirectory();
    this.#generation = checkpoint.generation;
  }
}
