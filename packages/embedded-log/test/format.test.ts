import { noHeaders } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { decodeCheckpoint, encodeCheckpoint, readSlot } from '../src/format/checkpoint.ts';
import { decodeFrame, FrameBuilder, frameOverhead } from '../src/format/frame.ts';
import { isRun, maxTimestampOf, type Run, runChecksum } from '../src/format/run.ts';
import { batchOf } from './batches.ts';

const batch = (baseOffset: number, ...timestamps: number[]): Buffer =>
  batchOf(
    timestamps.map((timestamp) => ({ key: 'k', value: `v${timestamp}`, timestamp, headers: noHeaders })),
    baseOffset,
  );

const bytes = Buffer.concat([batch(10, 5, 900), batch(12, 7), batch(13, 3, 4, 2)]);
const run: Run = {
  topicId: 3,
  partition: 2,
  baseOffset: 8,
  fileId: 6,
  position: 4096,
  length: bytes.length,
  firstOffset: 10,
  count: 6,
  maxTimestamp: 900,
  checksum: runChecksum(bytes),
  bytes: undefined,
};

describe('a run', () => {
  test('is known by its length, offsets and checksum', () => {
    expect(isRun(bytes, run)).toBe(true);
    expect(isRun(bytes.subarray(0, -1), run)).toBe(false);
    expect(isRun(Buffer.concat([bytes, Buffer.alloc(1)]), run)).toBe(false);
    expect(isRun(bytes, { ...run, firstOffset: 9 })).toBe(false);
    expect(isRun(bytes, { ...run, count: 5 })).toBe(false);
    expect(isRun(bytes, { ...run, checksum: run.checksum + 1 })).toBe(false);
  });

  test('is not that of another commit at the same offsets', () => {
    const other = Buffer.concat([batch(10, 5, 901), batch(12, 7), batch(13, 3, 4, 2)]);
    expect(other).toHaveLength(bytes.length);
    expect(isRun(other, { ...run, checksum: runChecksum(other) })).toBe(true);
    expect(isRun(other, run)).toBe(false);
  });

  test('is none with any bit of it changed, or a batch out of its place', () => {
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ (1 << (at % 8));
      expect(isRun(changed, run), `byte ${at}`).toBe(false);
    }
    const swapped = Buffer.concat([batch(10, 5, 900), batch(13, 3, 4, 2), batch(12, 7)]);
    expect(isRun(swapped, { ...run, checksum: runChecksum(swapped) })).toBe(false);
    const half = Buffer.concat([batch(10, 5, 900), batch(12, 7).subarray(0, 30)]);
    expect(isRun(half, { ...run, length: half.length, count: 3 })).toBe(false);
  });

  test('has the checksum of all its headers, and the largest time of all its batches', () => {
    expect(runChecksum(bytes)).not.toBe(runChecksum(batch(10, 5, 900)));
    expect(runChecksum(Buffer.alloc(0))).toBe(0);
    expect(maxTimestampOf(bytes)).toBe(900);
    expect(maxTimestampOf(Buffer.concat([batch(0, 1), batch(1, 2)]))).toBe(2);
    expect(maxTimestampOf(Buffer.alloc(0))).toBe(-1);
  });
});

describe('a frame', () => {
  const place = { sequence: 11, previousCrc: 12, journalId: 13, durableUpTo: 9 };
  const event = { starts: [[3, 2, 8]] } as const;

  function frame(): Buffer {
    const builder = new FrameBuilder(event, 77, { size: bytes.length + 128, hasBatches: true });
    expect(builder.copyIn(Buffer.concat([Buffer.alloc(3), bytes]), 3, 3 + bytes.length)).toEqual(bytes);
    builder.add(run, true);
    builder.add({ ...run, fileId: 7, checksum: 5, maxTimestamp: 6 }, false);
    return builder.finish(place).bytes;
  }

  test('gives back what went into it', () => {
    const source = Buffer.concat([Buffer.alloc(9), frame()]);
    expect(decodeFrame(source, 9, 13)).toEqual({
      ...place,
      crc: source.readUInt32LE(13),
      end: source.length,
      appendTime: 77,
      event,
      runs: [
        { ...run, bytes },
        { ...run, fileId: 7, checksum: 5, maxTimestamp: 6 },
      ],
    });
  });

  test('is none of another journal, cut off, changed, or with a length that cannot be', () => {
    const whole = frame();
    expect(decodeFrame(whole, 0, 14)).toBeUndefined();
    expect(decodeFrame(whole.subarray(0, -1), 0, 13)).toBeUndefined();
    expect(decodeFrame(whole.subarray(0, frameOverhead - 1), 0, 13)).toBeUndefined();
    for (let at = 0; at < whole.length; at += 5) {
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ (1 << (at % 8));
      expect(decodeFrame(changed, 0, 13), `byte ${at}`).toBeUndefined();
    }
    const empty = new FrameBuilder({}, 1).finish(place).bytes;
    expect(decodeFrame(empty, 0, 13)?.runs).toEqual([]);
    const short = Buffer.concat([Buffer.from(whole), Buffer.alloc(frameOverhead)]);
    for (const length of [0, 1, frameOverhead - 5]) {
      short.writeUInt32LE(length, 0);
      expect(decodeFrame(short, 0, 13)).toBeUndefined();
    }
  });
});

describe('a checkpoint slot', () => {
  const checkpoint = { generation: 4, logId: 'id', topics: [], groups: [] } as never;

  test('gives back what went into it, and nothing where it is cut off or changed', () => {
    const slot = encodeCheckpoint(checkpoint);
    expect(decodeCheckpoint(slot, 'here')).toEqual(checkpoint);
    // What an earlier, longer one has left behind it does not matter.
    expect(decodeCheckpoint(Buffer.concat([slot, Buffer.from('junk')]), 'here')).toEqual(checkpoint);
    for (let length = 0; length < slot.length; length++) {
      expect(decodeCheckpoint(slot.subarray(0, length), 'here'), `${length} bytes`).toBeUndefined();
    }
    for (let at = 0; at < slot.length; at++) {
      const changed = Buffer.from(slot);
      changed[at] = changed[at]! ^ 1;
      expect(decodeCheckpoint(changed, 'here'), `byte ${at}`).toBeUndefined();
    }
  });

  test('of an earlier version is left to the upgrade, of a later one refused by its number', async () => {
    const { crc32 } = await import('node:zlib');
    const ofVersion = (version: number): Buffer => {
      const slot = encodeCheckpoint(checkpoint);
      slot.writeUInt32LE(version, 8);
      slot.writeUInt32LE(crc32(slot.subarray(20), crc32(slot.subarray(8, 16))), 16);
      return slot;
    };
    expect(readSlot(ofVersion(1))?.version).toBe(1);
    expect(decodeCheckpoint(ofVersion(1), 'here')).toBeUndefined();
    expect(() => decodeCheckpoint(ofVersion(3), 'here')).toThrow(
      /^The log in here has format version 3; this library reads version 2 and earlier\. Nothing was touched/,
    );
  });
});
