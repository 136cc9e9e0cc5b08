import type { FileSystem } from '../files/file-system.ts';
import { type Checkpoint, type CheckpointPartition, encodeCheckpoint } from '../format/checkpoint.ts';
import { checkpointSlots, isSegmentName, journalIdOf, segmentName } from '../format/file-names.ts';
import type { FramedBatch } from '../format/frame.ts';
import type { Journal } from './journal.ts';
import type { LogState } from './log-state.ts';
import type { OpenFiles } from './open-files.ts';
import type { PartitionLog } from './partition-log.ts';
import { Segment } from './segment.ts';

/** What a checkpoint writes out: taken in one go, between two commits. */
interface Snapshot {
  readonly frozen: readonly { readonly log: PartitionLog; readonly batches: readonly FramedBatch[] }[];
  readonly checkpoint: Omit<Checkpoint, 'topics'>;
  readonly topics: readonly {
    readonly topic: Omit<Checkpoint['topics'][number], 'state'>;
    readonly logs: readonly (Omit<CheckpointPartition, 'segments'> & { readonly log: PartitionLog })[];
  }[];
}

/**
 * Moves what the journal holds into segment files, so that the journal stays short and recovery fast. Commits go on
 * meanwhile, in a new journal file.
 */
export class Checkpointer {
  readonly #fileSystem: FileSystem;
  readonly #files: OpenFiles;
  readonly #segmentBytes: number;
  #generation: number;
  running: Promise<void> | undefined;

  constructor(fileSystem: FileSystem, files: OpenFiles, segmentBytes: number, generation: number) {
    this.#fileSystem = fileSystem;
    this.#files = files;
    this.#segmentBytes = segmentBytes;
    this.#generation = generation;
  }

  /** Takes the snapshot at once and writes it in the background; a failure keeps everything as it was. */
  start(state: LogState, journal: Journal, onError: (error: unknown) => void): void {
    const snapshot = this.#snapshot(state, journal);
    this.running = this.#write(snapshot)
      .then(
        () => this.#finish(snapshot, true),
        (error: unknown) => {
          this.#finish(snapshot, false);
          onError(error);
        },
      )
      .finally(() => {
        this.running = undefined;
      });
  }

  #finish({ frozen }: Snapshot, written: boolean): void {
    for (const { log } of frozen) log.thaw(written);
  }

  #snapshot(state: LogState, journal: Journal): Snapshot {
    const topics = [...state.topics.values()];
    return {
      frozen: topics.flatMap((topic) => topic.state.map((log) => ({ log, batches: log.freeze() }))),
      checkpoint: {
        generation: this.#generation + 1,
        logId: state.logId,
        journalId: journal.id,
        sequence: journal.sequence,
        crc: journal.crc,
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
    await this.#writeSlot({
      ...snapshot.checkpoint,
      topics: snapshot.topics.map(({ topic, logs }) => ({
        ...topic,
        state: logs.map(({ log, start, end }) => ({
          start,
          end,
          segments: (segments.get(log) ?? []).map((segment) => [segment.baseOffset, segment.size] as const),
        })),
      })),
    });
    for (const [log, written] of segments) log.segments.splice(0, log.segments.length, ...written);
    await this.#removeObsolete(snapshot.checkpoint.journalId, segments.values());
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

  async #writeSlot(checkpoint: Checkpoint): Promise<void> {
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

  async #removeObsolete(journalId: number, kept: Iterable<readonly Segment[]>): Promise<void> {
    const names = new Set([...kept].flat().map((segment) => segment.name));
    // The checkpoint stands. What cannot be removed now goes with the next one, or when the log is opened again.
    await removeObsoleteFiles(this.#fileSystem, journalId, names).catch(() => {});
  }
}

/** Deletes journals before `journalId` and segments that no partition has; other files are not ours to touch. */
export async function removeObsoleteFiles(
  fileSystem: FileSystem,
  journalId: number,
  segments: ReadonlySet<string>,
): Promise<void> {
  for (const name of await fileSystem.list()) {
    const id = journalIdOf(name);
    if (id !== undefined ? id < journalId : isSegmentName(name) && !segments.has(name)) {
      await fileSystem.remove(name);
    }
  }
}
