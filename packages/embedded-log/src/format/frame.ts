import { crc32c } from '@node-rs/crc32';
import type { LogEvent } from './log-event.ts';
import type { Run } from './run.ts';

/*
 * A frame of the journal: one commit, whole or not there. All numbers are little-endian.
 *
 *   0        4        8             16         20         24                32
 *   +--------+--------+-------------+----------+----------+-----------------+---------
 *   | length | crc32c | sequence f64| prev crc | journal  | durable up to   | body ...
 *   +--------+--------+-------------+----------+----------+-----------------+---------
 *     bytes    of all    of this      of the     number of  highest sequence
 *     after    bytes     frame        frame      this file  known synced when
 *     length   after it               before                this was written
 *
 * Body: | append time f64 | event length u32 | event JSON | runs u32 | run ... |
 *
 * A run says where its batches lie, and brings them along unless they were written there already:
 *   | topic id u32 | partition u32 | segment base f64 | file id f64 | position f64 | length u32 | inline u32
 *   | first offset f64 | count u32 | checksum u32 | max timestamp f64 | batches, if inline |
 */
export const frameHeaderBytes = 32;
export const runHeaderBytes = 64;
/** What a frame takes besides its event and its runs. */
export const frameOverhead = frameHeaderBytes + 16;

export interface FramePosition {
  readonly sequence: number;
  readonly previousCrc: number;
  readonly journalId: number;
  readonly durableUpTo: number;
}

export interface EncodedFrame {
  readonly bytes: Buffer;
  readonly crc: number;
}

interface RunsSize {
  /** What the runs of a frame take, at most. */
  readonly size: number;
  /** Whether their batches are among it. */
  readonly hasBatches: boolean;
}

const noRuns: RunsSize = { size: 0, hasBatches: false };

/** A frame under construction: runs are written straight to where the journal is written from. */
export class FrameBuilder {
  readonly #bytes: Buffer;
  readonly #runsAt: number;
  #runs = 0;
  /** Where the next run goes. */
  #at: number;

  constructor(event: LogEvent, appendTime: number, { size, hasBatches }: RunsSize = noRuns) {
    const json = Buffer.from(JSON.stringify(event));
    // Batches stay in it for readers: in memory that nothing else shares.
    const all = frameOverhead + json.length + size;
    this.#bytes = hasBatches ? Buffer.allocUnsafeSlow(all) : Buffer.allocUnsafe(all);
    this.#bytes.writeDoubleLE(appendTime, frameHeaderBytes);
    this.#bytes.writeUInt32LE(json.length, frameHeaderBytes + 8);
    json.copy(this.#bytes, frameHeaderBytes + 12);
    this.#runsAt = frameHeaderBytes + 12 + json.length;
    this.#at = this.#runsAt + 4;
  }

  /** Copies the batches of the next run to where they stand if it is inline; returns them there. */
  copyIn(source: Buffer, from: number, to: number): Buffer {
    const start = this.#at + runHeaderBytes;
    source.copy(this.#bytes, start, from, to);
    return this.#bytes.subarray(start, start + to - from);
  }

  /** Adds a run. One that is inline has its batches in place, right after its header. */
  add(run: Run, inline: boolean): void {
    const at = this.#at;
    const bytes = this.#bytes;
    bytes.writeUInt32LE(run.topicId, at);
    bytes.writeUInt32LE(run.partition, at + 4);
    bytes.writeDoubleLE(run.baseOffset, at + 8);
    bytes.writeDoubleLE(run.fileId, at + 16);
    bytes.writeDoubleLE(run.position, at + 24);
    bytes.writeUInt32LE(run.length, at + 32);
    bytes.writeUInt32LE(inline ? 1 : 0, at + 36);
    bytes.writeDoubleLE(run.firstOffset, at + 40);
    bytes.writeUInt32LE(run.count, at + 48);
    bytes.writeUInt32LE(run.checksum, at + 52);
    bytes.writeDoubleLE(run.maxTimestamp, at + 56);
    this.#at = at + runHeaderBytes + (inline ? run.length : 0);
    this.#runs++;
  }

  finish({ sequence, previousCrc, journalId, durableUpTo }: FramePosition): EncodedFrame {
    const bytes = this.#bytes.subarray(0, this.#at);
    bytes.writeUInt32LE(this.#runs, this.#runsAt);
    bytes.writeUInt32LE(bytes.length - 4, 0);
    bytes.writeDoubleLE(sequence, 8);
    bytes.writeUInt32LE(previousCrc, 16);
    bytes.writeUInt32LE(journalId, 20);
    bytes.writeDoubleLE(durableUpTo, 24);
    const crc = crc32c(bytes.subarray(8));
    bytes.writeUInt32LE(crc, 4);
    return { bytes, crc };
  }
}

export interface DecodedFrame extends FramePosition {
  readonly crc: number;
  /** Where the next frame starts. */
  readonly end: number;
  readonly appendTime: number;
  readonly event: LogEvent;
  readonly runs: readonly Run[];
}

function readRun(source: Buffer, at: number): Run {
  const length = source.readUInt32LE(at + 32);
  const bytesAt = at + runHeaderBytes;
  return {
    topicId: source.readUInt32LE(at),
    partition: source.readUInt32LE(at + 4),
    baseOffset: source.readDoubleLE(at + 8),
    fileId: source.readDoubleLE(at + 16),
    position: source.readDoubleLE(at + 24),
    length,
    firstOffset: source.readDoubleLE(at + 40),
    count: source.readUInt32LE(at + 48),
    checksum: source.readUInt32LE(at + 52),
    maxTimestamp: source.readDoubleLE(at + 56),
    bytes: source.readUInt32LE(at + 36) === 1 ? source.subarray(bytesAt, bytesAt + length) : undefined,
  };
}

function readBody(source: Buffer, start: number): Pick<DecodedFrame, 'appendTime' | 'event' | 'runs'> {
  const eventEnd = start + 12 + source.readUInt32LE(start + 8);
  const event = JSON.parse(source.toString('utf8', start + 12, eventEnd)) as LogEvent;
  const count = source.readUInt32LE(eventEnd);
  const runs: Run[] = [];
  let at = eventEnd + 4;
  for (let index = 0; index < count; index++) {
    const run = readRun(source, at);
    runs.push(run);
    at += runHeaderBytes + (run.bytes?.length ?? 0);
  }
  return { appendTime: source.readDoubleLE(start), event, runs };
}

/** The frame at `at`, or undefined where no whole, intact frame of this journal file starts there. */
export function decodeFrame(source: Buffer, at: number, journalId: number): DecodedFrame | undefined {
  if (at + frameOverhead > source.length) return undefined;
  const end = at + 4 + source.readUInt32LE(at);
  if (end < at + frameOverhead || end > source.length) return undefined;
  if (source.readUInt32LE(at + 20) !== journalId) return undefined;
  const crc = source.readUInt32LE(at + 4);
  if (crc32c(source.subarray(at + 8, end)) !== crc) return undefined;
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
