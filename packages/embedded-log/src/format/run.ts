import {
  batchAt,
  batchHeaderBytes,
  batchIsIntact,
  batchSize,
  hasWholeBatch,
  nextOffsetOf,
} from '@millrace/kafka-protocol';
import { readLong } from '@millrace/log-client';
import { crc32c } from '@node-rs/crc32';
import type { SegmentId } from './file-names.ts';

/** Consecutive batches of one commit in one partition, and their place in its segment. */
export interface Run extends SegmentId {
  /** Where in the segment the run begins, in bytes. */
  readonly position: number;
  readonly length: number;
  /** The first offset of the run. */
  readonly firstOffset: number;
  /** How many offsets it takes. */
  readonly count: number;
  readonly maxTimestamp: number;
  /** {@link runChecksum} of its bytes; 0 for a run that is in the journal. */
  readonly checksum: number;
  /** The run itself, where the journal or the memory holds it; undefined where only the segment does. */
  readonly bytes: Buffer | undefined;
}

/**
 * A checksum over the headers of a run's batches. Each header has the checksum of its batch, so that this one
 * stands for every byte, and costs next to nothing.
 */
export function runChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    sum = crc32c(bytes.subarray(at, at + batchHeaderBytes), sum);
  }
  return sum;
}

/** Whether these bytes are the run: whole, intact, and not those of another commit. */
export function isRun(bytes: Buffer, { length, firstOffset, count, checksum }: Run): boolean {
  if (bytes.length !== length) return false;
  let next = firstOffset;
  let at = 0;
  while (at < length) {
    if (!hasWholeBatch(bytes, at) || readLong(bytes, at) !== next) return false;
    const size = batchSize(bytes, at);
    if (!batchIsIntact(bytes, at, size)) return false;
    next = nextOffsetOf(bytes, at);
    at += size;
  }
  return next === firstOffset + count && runChecksum(bytes) === checksum;
}

/** The largest timestamp of the batches in some bytes. */
export function maxTimestampOf(bytes: Buffer): number {
  let max = -1;
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
    max = Math.max(max, readLong(bytes, at + batchAt.maxTimestamp));
  }
  return max;
}
