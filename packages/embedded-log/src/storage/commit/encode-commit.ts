import {
  batchHeaderBytes,
  batchSize,
  compressedBound,
  nextOffsetOf,
  placeBatch,
  stampBatch,
  writeBatchInto,
} from '@millrace/kafka-protocol';
import type { ProducerRecord } from '@millrace/log-client';
import { batchFields } from '../../format/batch-fields.ts';
import { type EncodedFrame, FrameBuilder, type FramePosition, runHeaderBytes } from '../../format/frame.ts';
import type { LogEvent } from '../../format/log-event.ts';
import { maxTimestampOf, type Run, runChecksum } from '../../format/run.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { Tail, Tails } from './tails.ts';

/** Batches have at most so many records, and about so many bytes: a reader can start near any offset. */
const maxBatchRecords = 1024;
const maxBatchBytes = 256 << 10;

/** Records of a commit for one partition. */
export interface CommitRecords {
  readonly log: PartitionLog;
  readonly records: readonly ProducerRecord[];
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

/** How many records of a change go into a batch: by their size on average. */
function recordsPerBatch({ bytes, records }: LogChange): number {
  const count = records.reduce((sum, entry) => sum + entry.records.length, 0);
  return Math.max(1, Math.min(maxBatchRecords, Math.floor((maxBatchBytes * count) / bytes)));
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
  const perBatch = recordsPerBatch(change);
  let scratchAt = 0;
  for (const entry of records) {
    const tail = tails.next(entry.log);
    baseOffsets.push(tail.nextOffset);
    if (entry.records.length === 0 && entry.batches === undefined) continue;
    const target = scratch ?? frame.target;
    const start = scratch === undefined ? frame.at + runHeaderBytes : scratchAt;
    const place = { firstOffset: tail.nextOffset, perBatch, now };
    const end =
      entry.batches === undefined
        ? writeBatches(target, start, entry, place)
        : copyBatches(target, start, entry.batches, { ...place, log: entry.log });
    const bytes = target.subarray(start, end);
    const count = entry.batches === undefined ? entry.records.length : endOffsetOf(bytes) - tail.nextOffset;
    const run = runAt(tail, bytes, count, scratch === undefined);
    frame.add(run, scratch === undefined);
    runs.push(run);
    if (scratch !== undefined) direct.push(bytes);
    scratchAt = end;
    tail.position += bytes.length;
    tail.nextOffset += count;
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
  { firstOffset, now, log }: { firstOffset: number; now: number; log: PartitionLog },
): number {
  const end = start + batches.copy(target, start);
  let offset = firstOffset;
  for (let at = start; at < end; at += batchSize(target, at)) {
    placeBatch(target, at, offset);
    if (log.settings.hasAppendTime) stampBatch(target, at, at + batchSize(target, at), now);
    offset = nextOffsetOf(target, at);
  }
  return end;
}

function writeBatches(
  target: Buffer,
  start: number,
  { log, records }: CommitRecords,
  { firstOffset, perBatch, now }: { firstOffset: number; perBatch: number; now: number },
): number {
  const { compression, hasAppendTime } = log.settings;
  let at = start;
  for (let from = 0; from < records.length; from += perBatch) {
    const to = Math.min(from + perBatch, records.length);
    const fields = batchFields(firstOffset + from, {
      compression,
      appendTime: hasAppendTime ? now : undefined,
    });
    at = writeBatchInto(target, at, { records, from, to }, fields);
  }
  return at;
}
