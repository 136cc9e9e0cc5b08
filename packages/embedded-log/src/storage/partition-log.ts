import { LogError, type LogRecord, topicPartitionKey } from '@millrace/log-client';
import type { SegmentId } from '../format/file-names.ts';
import type { SwappedSegments } from '../format/log-event.ts';
import type { Run } from '../format/run.ts';
import { lastWhere } from '../last-where.ts';
import { defaultSettings, type TopicSettings } from '../topic-settings.ts';
import type { OpenFiles } from './segments/open-files.ts';
import { PartitionProducers } from './partition-producers.ts';
import { type ReadLimits, type ReadView, readRuns, type SegmentRead } from './segments/read-runs.ts';
import { Segment } from './segments/segment.ts';
import type { RawLimits } from './segments/segment-reader.ts';

/** Who waits for records of a partition. */
export interface AppendListener {
  onAppend(): void;
}

export interface PartitionLogOptions {
  readonly topic: { readonly id: number; readonly name: string };
  readonly partition: number;
  readonly files: OpenFiles;
  /** The first offset that can be read. Default: 0. */
  readonly start?: number;
  /** The next offset. Default: 0. */
  readonly end?: number;
  readonly cleanedUpTo?: number;
  readonly segments?: readonly Segment[];
  readonly producers?: PartitionProducers | undefined;
}

/** One partition: its segments, oldest first, the last of which grows. Everything in here is committed. */
export class PartitionLog {
  readonly topicId: number;
  readonly topic: string;
  readonly partition: number;
  segments: readonly Segment[];
  start: number;
  end: number;
  /** Before this offset compaction has left each key once. */
  cleanedUpTo: number;
  /** Those of its topic. */
  settings: TopicSettings = defaultSettings;
  /** Its topic has been deleted; one of the same name that exists now is another one. */
  isDeleted = false;
  /** What is known of clients' producers; undefined where none has ever written here. */
  #producers: PartitionProducers | undefined;
  /** Those who read it, to be told of new records. */
  readonly listeners = new Set<AppendListener>();
  readonly #files: OpenFiles;

  constructor(options: PartitionLogOptions) {
    const { topic, partition, files, start = 0, end = 0, cleanedUpTo = 0, segments = [] } = options;
    this.topicId = topic.id;
    this.topic = topic.name;
    this.partition = partition;
    this.#files = files;
    this.start = start;
    this.end = end;
    this.cleanedUpTo = cleanedUpTo;
    this.segments = segments;
    this.#producers = options.producers;
  }

  /** What is known of clients' producers, if any has written here. */
  get knownProducers(): PartitionProducers | undefined {
    return this.#producers;
  }

  /** What is known of clients' producers, one of whom writes here. */
  get producers(): PartitionProducers {
    this.#producers ??= new PartitionProducers();
    return this.#producers;
  }

  /** The offset before which every transaction has ended: what is read as committed ends here. */
  get stableEnd(): number {
    return this.#producers === undefined ? this.end : this.#producers.stableEnd(this.end);
  }

  /** How readers of what is committed see the batches; undefined where they see all of them. */
  get #view(): ReadView | undefined {
    const producers = this.#producers;
    if (producers === undefined || (producers.open.size === 0 && producers.aborted.length === 0))
      return undefined;
    return { end: this.stableEnd, isVoid: producers.isAborted };
  }

  /** Takes in a run of batches, which begins where the partition ends. @throws LogError `LOG_CORRUPT` */
  append(run: Run, appendTime: number, written?: Buffer): Segment {
    if (run.firstOffset !== this.end) throw this.#contradiction(`at offset ${run.firstOffset}`);
    let segment = this.segments.at(-1);
    if (segment === undefined || segment.id.fileId !== run.fileId) {
      segment = Segment.empty(this.#files, idOf(run), appendTime);
      this.segments = [...this.segments, segment];
    }
    if (run.position !== segment.size)
      throw this.#contradiction(`at byte ${run.position} of ${segment.name}`);
    segment.append(run, appendTime, written);
    this.end += run.count;
    return segment;
  }

  #contradiction(where: string): LogError {
    const { size = 0, name = 'no segment' } = this.segments.at(-1) ?? {};
    return new LogError(
      'LOG_CORRUPT',
      `${this.#name()} ends at offset ${this.end}, byte ${size} of ${name}, but the journal continues ${where}`,
    );
  }

  /** Moves the start forward; segments wholly before it go with the next checkpoint. */
  moveStart(offset: number): void {
    this.start = Math.max(this.start, Math.min(offset, this.end));
    const gone = this.segments.filter((_, index) => this.endOf(index) <= this.start);
    if (gone.length === 0) return;
    for (const segment of gone) segment.reader.release();
    this.segments = this.segments.slice(gone.length);
    this.#producers?.forgetBefore(this.start);
  }

  /** Whether these are still consecutive segments of it. */
  hasSegments(fileIds: readonly number[]): boolean {
    const first = this.segments.findIndex(({ id }) => id.fileId === fileIds[0]);
    return first >= 0 && fileIds.every((fileId, index) => this.segments[first + index]?.id.fileId === fileId);
  }

  /** Puts what compaction has left of some segments in their place. @throws LogError `LOG_CORRUPT` */
  swap({ from, to, cleanedUpTo }: SwappedSegments): void {
    if (!this.hasSegments(from)) {
      const name = this.#name();
      throw new LogError('LOG_CORRUPT', `${name} does not have the segments ${from.join(', ')} to replace`);
    }
    const first = this.segments.findIndex(({ id }) => id.fileId === from[0]);
    const { topicId, partition } = this;
    const added = to.map(({ baseOffset, fileId, ...stored }) => {
      return new Segment(this.#files, { topicId, partition, baseOffset, fileId }, stored);
    });
    for (const segment of this.segments.slice(first, first + from.length)) segment.reader.release();
    // Of what was aborted before, a pass leaves nothing.
    this.#producers?.forgetBefore(this.endOf(first + from.length - 1));
    this.segments = [...this.segments.slice(0, first), ...added, ...this.segments.slice(first + from.length)];
    this.cleanedUpTo = Math.max(this.cleanedUpTo, cleanedUpTo);
  }

  /** The offset after a segment, where the next one begins. */
  endOf(index: number): number {
    return this.segments[index + 1]?.baseOffset ?? this.end;
  }

  /**
   * Records from `offset` on, whole batches, up to about the limits. None where only what held none was
   * passed over. A promise only where a file has to be read.
   * @throws LogError `LOG_OFFSET_OUT_OF_RANGE`
   */
  read(offset: number, limits: ReadLimits): SegmentRead | Promise<SegmentRead> {
    this.#assertReadable(offset);
    const view = this.#view;
    if (offset >= (view?.end ?? this.end)) return { records: [], nextOffset: offset };
    const index = lastWhere(this.segments, ({ baseOffset }) => baseOffset <= offset);
    const memory = this.segments[index]?.memory;
    const seen = view === undefined ? limits : { ...limits, view };
    const inMemory = memory && readRuns(memory, offset, seen);
    return inMemory ?? this.#readFile(index, offset, seen);
  }

  async #readFile(index: number, offset: number, limits: ReadLimits): Promise<SegmentRead> {
    const segment = this.segments[index];
    const end = this.endOf(index);
    try {
      if (segment === undefined) return { records: [], nextOffset: this.segments[0]?.baseOffset ?? this.end };
      const size = segment.size;
      const read = await segment.reader.read(offset, limits);
      // The last batches of a segment may have held nothing: the next one continues.
      if (read.records.length === 0 && segment.size === size)
        read.nextOffset = Math.max(read.nextOffset, Math.min(end, limits.view?.end ?? end));
      return read;
    } catch (error) {
      // The file may have gone because its records were deleted meanwhile, or because it was compacted.
      this.#assertReadable(offset);
      if (segment !== undefined && !this.segments.includes(segment)) return this.read(offset, limits);
      throw error;
    }
  }

  /**
   * Whole batches as they are, from the one that holds `offset` on, up to the end of a segment at most.
   * @throws LogError `LOG_OFFSET_OUT_OF_RANGE`
   */
  async readRaw(offset: number, limits: RawLimits): Promise<Buffer[]> {
    this.#assertReadable(offset);
    if (offset >= Math.min(limits.end, this.end)) return [];
    const index = lastWhere(this.segments, ({ baseOffset }) => baseOffset <= offset);
    const segment = this.segments[index];
    const end = this.endOf(index);
    try {
      const pieces = (await segment?.reader.readRaw(offset, limits)) ?? [];
      // The last batches of a segment may have gone whole: the next one continues.
      if (pieces.length > 0 || end >= this.end) return pieces;
      return await this.readRaw(segment === undefined ? this.segments[0]!.baseOffset : end, limits);
    } catch (error) {
      this.#assertReadable(offset);
      if (segment !== undefined && !this.segments.includes(segment)) return this.readRaw(offset, limits);
      throw error;
    }
  }

  /** The first record that is not older than this; undefined where there is none. */
  async firstAt(timestamp: number): Promise<LogRecord | undefined> {
    for (const segment of this.segments) {
      if (segment.maxTimestamp < timestamp) continue;
      try {
        const from = Math.max(this.start, segment.baseOffset);
        const found = await segment.reader.firstAt(timestamp, from, this.#view);
        if (found !== undefined) return found;
      } catch (error) {
        // Its file may have gone because it was deleted or compacted meanwhile.
        if (this.segments.includes(segment)) throw error;
        return this.firstAt(timestamp);
      }
    }
    return undefined;
  }

  /** What it takes on the device, or will. In bytes. */
  get bytes(): number {
    return this.segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** @throws LogError `LOG_UNKNOWN_TOPIC` once its topic has been deleted */
  assertExists(): void {
    if (!this.isDeleted) return;
    throw new LogError(
      'LOG_UNKNOWN_TOPIC',
      `${this.#name()} cannot be read: topic "${this.topic}" was deleted while it was being read`,
    );
  }

  #assertReadable(offset: number): void {
    this.assertExists();
    if (offset >= this.start && offset <= this.end) return;
    throw new LogError(
      'LOG_OFFSET_OUT_OF_RANGE',
      `Offset ${offset} of ${this.#name()} is out of range: it holds ${this.start} to ${this.end}`,
    );
  }

  #name(): string {
    return `Partition ${topicPartitionKey(this.topic, this.partition)}`;
  }
}

function idOf({ topicId, partition, baseOffset, fileId }: Run): SegmentId {
  return { topicId, partition, baseOffset, fileId };
}
