import { crc32 } from 'node:zlib';
import type { ProducerRecord } from '@millrace/log-client';
import type { LogEvent } from './log-event.ts';
import { batchHeaderBytes, maxBatchRecords, readBatchHeader, writeBatch } from './record-batch.ts';

/*
 * A frame of the journal: one commit, whole or not there. All numbers are little-endian.
 *
 *   0        4        8             16         20         24                32
 *   +--------+--------+-------------+----------+----------+-----------------+---------
 *   | length | crc32  | sequence f64| prev crc | journal  | durable up to   | body ...
 *   +--------+--------+-------------+----------+----------+-----------------+---------
 *     bytes    of all    of this      of the     number of  highest sequence
 *     after    bytes     frame        frame      this file  known synced when
 *     length   after it               before                this was written
 *
 * Body:  | event length u32 | event JSON | batches u32 | (topic id u32, partition u32, batch) ... |
 */
export const frameHeaderBytes = 32;

/** Records bound for one partition, with the offset the first of them gets. */
export interface PlacedRecords {
  readonly topicId: number;
  readonly partition: number;
  readonly baseOffset: number;
  readonly records: readonly ProducerRecord[];
}

/** A batch inside a frame's bytes. */
export interface FramedBatch {
  readonly topicId: number;
  readonly partition: number;
  readonly baseOffset: number;
  readonly count: number;
  readonly bytes: Buffer;
}

export interface FramePosition {
  readonly sequence: number;
  readonly previousCrc: number;
  readonly journalId: number;
  readonly durableUpTo: number;
}

export interface EncodedFrame {
  readonly bytes: Buffer;
  readonly crc: number;
  readonly batches: readonly FramedBatch[];
}

/** What this many records of one partition take in a frame beyond themselves. */
export function batchesBytes(records: number): number {
  return Math.ceil(records / maxBatchRecords) * (8 + batchHeaderBytes);
}

/**
 * Encodes one frame. The batches it returns are views of the frame's bytes: they are what readers get to see.
 */
export function encodeFrame(
  event: LogEvent,
  placed: readonly PlacedRecords[],
  size: number,
  position: FramePosition,
): EncodedFrame {
  const json = Buffer.from(JSON.stringify(event));
  const bytes = Buffer.allocUnsafeSlow(frameHeaderBytes + 8 + json.length + size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const target = { bytes, view };
  const batches: FramedBatch[] = [];
  let at = frameHeaderBytes;
  view.setUint32(at, json.length, true);
  bytes.set(json, at + 4);
  at += 4 + json.length;
  const countAt = at;
  at += 4;
  for (const { topicId, partition, baseOffset, records } of placed) {
    for (let from = 0; from < records.length; from += maxBatchRecords) {
      const to = Math.min(from + maxBatchRecords, records.length);
      view.setUint32(at, topicId, true);
      view.setUint32(at + 4, partition, true);
      const batch = { records, from, to, baseOffset: baseOffset + from };
      const end = writeBatch(batch, target, at + 8);
      batches.push({
        topicId,
        partition,
        baseOffset: baseOffset + from,
        count: to - from,
        bytes: bytes.subarray(at + 8, end),
      });
      at = end;
    }
  }
  view.setUint32(countAt, batches.length, true);
  view.setUint32(0, bytes.length - 4, true);
  view.setFloat64(8, position.sequence, true);
  view.setUint32(16, position.previousCrc, true);
  view.setUint32(20, position.journalId, true);
  view.setFloat64(24, position.durableUpTo, true);
  const crc = crc32(bytes.subarray(8));
  view.setUint32(4, crc, true);
  return { bytes, crc, batches };
}

export interface DecodedFrame extends FramePosition {
  readonly crc: number;
  /** Where the next frame starts. */
  readonly end: number;
  readonly event: LogEvent;
  readonly batches: readonly FramedBatch[];
}

function readBody(source: Buffer, start: number): Pick<DecodedFrame, 'event' | 'batches'> {
  const eventEnd = start + 4 + source.readUInt32LE(start);
  const event = JSON.parse(source.toString('utf8', start + 4, eventEnd)) as LogEvent;
  const count = source.readUInt32LE(eventEnd);
  const batches: FramedBatch[] = [];
  let at = eventEnd + 4;
  for (let index = 0; index < count; index++) {
    const header = readBatchHeader(source, at + 8);
    batches.push({
      topicId: source.readUInt32LE(at),
      partition: source.readUInt32LE(at + 4),
      baseOffset: header.baseOffset,
      count: header.count,
      bytes: source.subarray(at + 8, at + 8 + header.size),
    });
    at += 8 + header.size;
  }
  return { event, batches };
}

/** The frame at `at`, or undefined where no whole, intact frame of this journal file starts there. */
export function decodeFrame(source: Buffer, at: number, journalId: number): DecodedFrame | undefined {
  if (at + frameHeaderBytes > source.length) return undefined;
  const end = at + 4 + source.readUInt32LE(at);
  if (end < at + frameHeaderBytes + 8 || end > source.length) return undefined;
  if (source.readUInt32LE(at + 20) !== journalId) return undefined;
  const crc = source.readUInt32LE(at + 4);
  if (crc32(source.subarray(at + 8, end)) !== crc) return undefined;
  return {
    sequence: source.readDoubleLE(at + 8),
    previousCrc: source.readUInt32LE(at + 16),
    journalId,
    durableUpTo: source.readDoubleLE(at + 24),
    crc,
    end,
    ...readBody(source, at + frameHeaderBytes),
  };
}
