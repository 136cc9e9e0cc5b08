import type { SegmentId } from '../../format/file-names.ts';
import type { PartitionLog } from '../partition-log.ts';

/** Where the next run of a partition goes. */
export interface Tail extends SegmentId {
  /** The offset of its first record. */
  nextOffset: number;
  position: number;
  baseOffset: number;
  fileId: number;
}

/** When a segment is not continued. */
export interface RollLimits {
  readonly segmentBytes: number;
  readonly segmentMs: number;
}

export interface TailsOptions {
  readonly limitsOf: (log: PartitionLog) => RollLimits;
  readonly now: number;
  readonly nextFileId: number;
}

/** The ends of partitions as they will be once the commits that are being prepared stand. */
export class Tails {
  readonly #tails = new Map<PartitionLog, Tail>();
  readonly #limitsOf: (log: PartitionLog) => RollLimits;
  readonly #now: number;
  nextFileId: number;

  constructor({ limitsOf, now, nextFileId }: TailsOptions) {
    this.#limitsOf = limitsOf;
    this.#now = now;
    this.nextFileId = nextFileId;
  }

  /** Where the next run of a partition goes: on in its last segment, or in a new one. */
  next(log: PartitionLog): Tail {
    let tail = this.#tails.get(log);
    if (tail === undefined) {
      tail = this.#tailOf(log);
      this.#tails.set(log, tail);
    }
    if (tail.position >= this.#limitsOf(log).segmentBytes) this.#roll(tail);
    return tail;
  }

  #tailOf(log: PartitionLog): Tail {
    const { topicId, partition, end: nextOffset } = log;
    const last = log.segments.at(-1);
    const tail = { topicId, partition, nextOffset, baseOffset: nextOffset, fileId: 0, position: 0 };
    if (last === undefined || this.#now - last.firstAppend >= this.#limitsOf(log).segmentMs) this.#roll(tail);
    else {
      tail.baseOffset = last.baseOffset;
      tail.fileId = last.id.fileId;
      tail.position = last.size;
    }
    return tail;
  }

  #roll(tail: Tail): void {
    tail.baseOffset = tail.nextOffset;
    tail.fileId = this.nextFileId++;
    tail.position = 0;
  }
}
