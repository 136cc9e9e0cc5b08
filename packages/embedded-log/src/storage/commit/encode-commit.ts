import {
  batchHeaderBytes,
  type BatchSource,
  batchSize,
  compressedBound,
  nextOffsetOf,
  placeBatch,
  stampBatch,
} from '@millrace/kafka-protocol';
import { type EncodedFrame, FrameBuilder, type FramePosition, runHeaderBytes } from '../../format/frame.ts';
import type { LogEvent } from '../../format/log-event.ts';
import { maxTimestampOf, type Run, runChecksum } from '../../format/run.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { Tail, Tails } from './tails.ts';
import { maxBatchBytes, maxBatchRecords, recordsPerBatch, writeBatches } from './write-batches.ts';

/** Records of a commit for one partition. */
export interface CommitRecords {
  readonly log: PartitionLog;
  readonly records: BatchSource;
  /** In place of records: batches that a client made, which are kept as they are. */
  readonly batches?: Buffer;
}

/** A change of the log: what it says, and the records it brings. */
export interface LogChange {
  readonly event: LogEvent;
  readonly records: readonly CommitRecords[];
  /** What the records take in batches, at most. */
  readonly bytes: number;
  /** Called where the change was planned and could not be written. */
  readonly undo?: () => void;
}

export interface EncodedCommit {
  readonly event: LogEvent;
  readonly frame: EncodedFrame;
  readonly appendTime: number;
  readonly runs: readonly Run[];
  /** For each run its bytes where they go straight to its segment; undefined where the frame has them. */
  readonly direct: readonly Buffer[] | undefined;
  /** The first offset of each entry of the change's records. */
  readonly baseOffsets: number[];
}

/** What this many records of one partition take beyond themselves. */
export function runOverhead(records: number): number {
  return runHeaderBytes + Math.ceil(records / maxBatchRecords) * batchHeaderBytes;
}

export interface EncodeOptions {
  readonly tails: Tails;
  readonly position: FramePosition;
  readonly now: number;
  /** Where batches that go straight to their segments are written; undefined for a commit that is inline. */
  readonly scratch: Buffer | undefined;
}

/** How much room the batches of a change need. */
export function roomFor({ bytes, records }: LogChange): number {
  const compressed = records.some(({ log }) => log.settings.compression !== 'none');
  const headers = batchHeaderBytes * (Math.ceil((2 * bytes) / maxBatchBytes) + records.length);
  return bytes + headers + (compressed ? records.length * compressedBound(bytes) : 0);
}

/** Encodes a change as a frame, with its batches inside or apart, each at its place in its segment. */
export function encodeCommit(
  change: LogChange,
  { tails, position, now, scratch }: EncodeOptions,
): EncodedCommit {
  const { event, records } = change;
  const room = scratch === undefined ? roomFor(change) : records.length * runHeaderBytes;
  const frame = new FrameBuilder(event, now, room);
  const runs: Run[] = [];
  const direct: Buffer[] = [];
  const baseOffsets: number[] = [];
  const count = records.reduce((sum, entry) => sum + entry.records.length, 0);
  const perBatch = recordsPerBatch(change.bytes, count);
  let scratchAt = 0;
  for (const entry of records) {
    const tail = tails.next(entry.log);
    baseOffsets.push(tail.nextOffset);
    if (entry.records.length === 0 && entry.batches === undefined) continue;
    const target = scratch ?? frame.target;
    const start = scratch === undefined ? frame.at + runHeaderBytes : scratchAt;
    const { log } = entry;
    const firstOffset = tail.nextOffset;
    const { compression, hasAppendTime } = log.settings;
    const appendTime = hasAppendTime ? now : undefined;
    const end =
      entry.batches === undefined
        ? writeBatches(target, start, entry.records, { firstOffset, perBatch, compression, appendTime })
        : copyBatches(target, start, entry.batches, { firstOffset, appendTime });
    const bytes = target.subarray(start, end);
    const taken = entry.batches === undefined ? entry.records.length : endOffsetOf(bytes) - tail.nextOffset;
    const run = runAt(tail, bytes, taken, scratch === undefined);
    frame.add(run, scratch === undefined);
    runs.push(run);
    if (scratch !== undefined) direct.push(bytes);
    scratchAt = end;
    tail.position += bytes.length;
    tail.nextOffset += taken;
  }
  return {
    event,
    frame: frame.finish(position),
    appendTime: now,
    runs,
    direct: scratch === undefined ? undefined : direct,
    baseOffsets,
  };
}

function runAt(tail: Tail, bytes: Buffer, count: number, inline: boolean): Run {
  const { topicId, partition, baseOffset, fileId, position, nextOffset: firstOffset } = tail;
  return {
    topicId,
    partition,
    baseOffset,
    fileId,
    position,
    length: bytes.length,
    firstOffset,
    count,
    maxTimestamp: maxTimestampOf(bytes),
    // Of a run that is inline the frame's own checksum says enough.
    checksum: inline ? 0 : runChecksum(bytes),
    bytes: inline ? bytes : undefined,
  };
}

/** The offset after the last batch of some bytes. */
function endOffsetOf(bytes: Buffer): number {
  let next = 0;
  for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) next = nextOffsetOf(bytes, at);
  return next;
}

/** Copies a client's batches and gives them their offsets, which their checksums leave out. */
function copyBatches(
  target: Buffer,
  start: number,
  batches: Buffer,
  { firstOffset, appendTime }: { readonly firstOffset: number; readonly appendTime: number | undefined },
): number {
  const end = start + batches.copy(target, start);
  let offset = firstOffset;
  for (let at = start; at < end; at += batchSize(target, at)) {
    placeBatch(target, at, offset);
    if (appendTime !== undefined) stampBatch(target, at, at + batchSize(target, at), appendTime);
    offset = nextOffsetOf(target, at);
  }
  return end;
}
