import { LogError } from '@millrace/log-client';
import type { CheckpointSegment } from '../../format/checkpoint-segment.ts';
import { type SegmentId, segmentName } from '../../format/file-names.ts';
import type { Run } from '../../format/run.ts';
import { type MemoryRun, MemoryRuns } from './memory-runs.ts';
import type { OpenFiles } from './open-files.ts';
import { SegmentIndex } from './segment-index.ts';
import { SegmentReader } from './segment-reader.ts';

/** Runs from this size on get an index entry inside. In bytes. */
const largeRun = 64 << 10;

/** Consecutive batches of one partition: a file, and in memory what has not been written out to it yet. */
export class Segment {
  readonly id: SegmentId;
  readonly name: string;
  /** Its batches in bytes, those in memory included. A file may have more: what was never committed. */
  size: number;
  maxTimestamp: number;
  readonly firstAppend: number;
  lastAppend: number;
  /** Since when compaction keeps tombstones of it; undefined where it keeps none. */
  readonly tombstonesSince: number | undefined;
  readonly memory = new MemoryRuns();
  /** How much of it the stored index stands for, in bytes. */
  indexedUpTo: number;
  readonly index: SegmentIndex;
  readonly reader: SegmentReader;
  readonly #files: OpenFiles;

  constructor(files: OpenFiles, id: SegmentId, stored: Omit<CheckpointSegment, 'baseOffset' | 'fileId'>) {
    this.#files = files;
    this.id = id;
    this.name = segmentName(id);
    this.size = stored.bytes;
    this.maxTimestamp = stored.maxTimestamp;
    this.firstAppend = stored.firstAppend;
    this.lastAppend = stored.lastAppend;
    this.tombstonesSince = stored.tombstonesSince;
    this.indexedUpTo = stored.bytes;
    this.index = new SegmentIndex(files, this, { isStored: stored.bytes > 0 });
    this.reader = new SegmentReader(files, this);
  }

  /** An empty segment, which has no file yet. */
  static empty(files: OpenFiles, id: SegmentId, now: number): Segment {
    return new Segment(files, id, { bytes: 0, maxTimestamp: -1, firstAppend: now, lastAppend: now });
  }

  get baseOffset(): number {
    return this.id.baseOffset;
  }

  /** Whether the file has all of it. */
  get isStored(): boolean {
    return this.memory.all.every((run) => run.isStored);
  }

  /** Takes a run in. `written` are its bytes, where it went straight to the file. */
  append(run: Run, appendTime: number, written: Buffer | undefined = run.bytes): void {
    const { firstOffset, position } = run;
    if (written === undefined || written.length < largeRun) {
      this.index.note({ offset: firstOffset, position, maxTimestampBefore: this.maxTimestamp });
    } else {
      this.index.noteBatches(written, position, this.maxTimestamp);
    }
    this.size += run.length;
    if (run.maxTimestamp > this.maxTimestamp) this.maxTimestamp = run.maxTimestamp;
    this.lastAppend = appendTime;
    if (run.bytes !== undefined) this.memory.push(memoryRun(run, run.bytes, false));
  }

  /** Keeps in memory what the file has too. Returns what to drop when the memory is wanted. */
  cache(run: Run, bytes: Buffer): MemoryRun {
    const cached = memoryRun(run, bytes, true);
    this.memory.push(cached);
    return cached;
  }

  /** What to throw where it is damaged at a byte. */
  corrupt(position: number): LogError {
    return new LogError(
      'LOG_CORRUPT',
      `Segment ${this.name} in ${this.#files.location} is damaged at byte ${position}: restore the file from a backup. Other partitions are not affected`,
    );
  }
}

/** A segment as a checkpoint has it. */
export function describeSegment({
  id,
  size,
  maxTimestamp,
  firstAppend,
  lastAppend,
  tombstonesSince,
}: Segment): CheckpointSegment {
  const since = tombstonesSince === undefined ? {} : { tombstonesSince };
  const { baseOffset, fileId } = id;
  return { baseOffset, fileId, bytes: size, maxTimestamp, firstAppend, lastAppend, ...since };
}

function memoryRun({ firstOffset, count, position }: Run, bytes: Buffer, isStored: boolean): MemoryRun {
  return { firstOffset, count, position, bytes, isStored };
}
