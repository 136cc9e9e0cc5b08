import { batchSize, nextOffsetOf, placeBatch, stampBatch } from '@millrace/kafka-protocol';
import { type EncodedFrame, FrameBuilder, type FramePosition, runHeaderBytes } from '../../format/frame.ts';
import type { LogEvent } from '../../format/log-event.ts';
import { maxTimestampOf, type Run, runChecksum } from '../../format/run.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { Tail, Tails } from './tails.ts';

/** Records of a commit for one partition. */
export interface CommitRecords {
  readonly log: PartitionLog;
  /** The memory that its batches are in, from `from` to `to`: whole ones, whose offsets the log sets. */
  readonly source: Buffer;
  readonly from: number;
  readonly to: number;
  /** Others use these bytes as well: they are not changed. */
  readonly isShared?: boolean;
}

/** A change of the log: what it says, and the records it brings. */
export interface LogChange {
  readonly event: LogEvent;
  readonly records: readonly CommitRecords[];
  /**
   * In place of records: those of a large commit, which are encoded as they are asked for. They are written
   * meanwhile.
   */
  readonly inTurn?: Iterable<CommitRecords>;
  /** {@link sizeOf} its records; about that of those in turn. */
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
  /** For each run its write, where that has begun already. */
  readonly begun?: readonly BegunWrite[];
  /** The first offset of each entry of the change's records. */
  readonly baseOffsets: number[];
}

/** A run that is being written to its segment while the rest of its commit is encoded. */
export interface BegunWrite {
  readonly run: Run;
  readonly written: Promise<void>;
}

/** What batches take, with what a frame says of them; in bytes. */
export function sizeOf(records: readonly CommitRecords[]): number {
  let size = records.length * runHeaderBytes;
  for (const { from, to } of records) size += to - from;
  return size;
}

export interface EncodeOptions {
  readonly tails: Tails;
  readonly position: FramePosition;
  readonly now: number;
}

/** Encodes a change as a frame, with its batches inside or apart, each at its place in its segment. */
export function encodeCommit(
  { event, records }: LogChange,
  { tails, position, now, isDirect }: EncodeOptions & { readonly isDirect: boolean },
): EncodedCommit {
  const size = isDirect ? records.length * runHeaderBytes : sizeOf(records);
  const frame = new FrameBuilder(event, now, { size, hasBatches: !isDirect });
  const runs: Run[] = [];
  const direct: Buffer[] = [];
  const baseOffsets: number[] = [];
  for (const { log, source, from, to, isShared = false } of records) {
    const tail = tails.next(log);
    baseOffsets.push(tail.nextOffset);
    if (from === to) continue;
    let placed: Buffer;
    if (isDirect) placed = isShared ? Buffer.from(source.subarray(from, to)) : source.subarray(from, to);
    else placed = frame.copyIn(source, from, to);
    const run = placeRun(placed, { log, tail, now, isInline: !isDirect });
    frame.add(run, !isDirect);
    runs.push(run);
    if (isDirect) direct.push(placed);
  }
  return {
    event,
    frame: frame.finish(position),
    appendTime: now,
    runs,
    direct: isDirect ? direct : undefined,
    baseOffsets,
  };
}

/**
 * Encodes a large change: its runs go to their segments one after the other, each as soon as it is encoded.
 * Calls back with each, and throws what its records throw.
 */
export function encodeInTurn(
  event: LogEvent,
  records: Iterable<CommitRecords>,
  {
    tails,
    position,
    now,
    begin,
  }: EncodeOptions & { readonly begin: (run: Run, bytes: Buffer) => BegunWrite },
): EncodedCommit {
  const runs: Run[] = [];
  const direct: Buffer[] = [];
  const begun: BegunWrite[] = [];
  const baseOffsets: number[] = [];
  for (const { log, source, from, to } of records) {
    const tail = tails.next(log);
    baseOffsets.push(tail.nextOffset);
    if (from === to) continue;
    const placed = source.subarray(from, to);
    const run = placeRun(placed, { log, tail, now, isInline: false });
    runs.push(run);
    direct.push(placed);
    begun.push(begin(run, placed));
  }
  const frame = new FrameBuilder(event, now, { size: runs.length * runHeaderBytes, hasBatches: false });
  for (const run of runs) frame.add(run, false);
  return { event, frame: frame.finish(position), appendTime: now, runs, direct, begun, baseOffsets };
}

interface RunPlace {
  readonly log: PartitionLog;
  readonly tail: Tail;
  readonly now: number;
  readonly isInline: boolean;
}

/** Gives batches their place at the end of a partition, which moves on. */
function placeRun(batches: Buffer, { log, tail, now, isInline }: RunPlace): Run {
  const endOffset = placeBatches(batches, tail.nextOffset, log.settings.hasAppendTime ? now : undefined);
  const run = runAt(tail, batches, endOffset - tail.nextOffset, isInline);
  tail.position += batches.length;
  tail.nextOffset = endOffset;
  return run;
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

/**
 * Gives batches their offsets, which their checksums leave out, and the log's time where it sets it. Returns
 * the offset after them.
 */
function placeBatches(batches: Buffer, firstOffset: number, appendTime: number | undefined): number {
  let offset = firstOffset;
  for (let at = 0; at < batches.length; ) {
    const end = at + batchSize(batches, at);
    placeBatch(batches, at, offset);
    if (appendTime !== undefined) stampBatch(batches, at, end, appendTime);
    offset = nextOffsetOf(batches, at);
    at = end;
  }
  return offset;
}
