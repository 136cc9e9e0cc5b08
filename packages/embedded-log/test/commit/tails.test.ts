import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/format/run.ts';
import { MemoryFileSystem } from '../../src/index.ts';
import { Tails } from '../../src/storage/commit/tails.ts';
import { stateOn } from './parts.ts';

const limits = { segmentBytes: 100, segmentMs: 1000 };

/** A partition with 5 records in 60 bytes of the segment with file 9, begun at time 50. */
function begun() {
  const { log, other } = stateOn(new MemoryFileSystem());
  const run: Run = {
    topicId: 1,
    partition: 0,
    baseOffset: 0,
    fileId: 9,
    position: 0,
    length: 60,
    firstOffset: 0,
    count: 5,
    maxTimestamp: 7,
    checksum: 0,
    bytes: Buffer.alloc(60),
  };
  log.append(run, 50);
  return { log, other };
}

const tailsAt = (now: number): Tails => new Tails({ limitsOf: () => limits, now, nextFileId: 10 });

describe('the next run of a partition', () => {
  test('goes on in its last segment, until that is old', () => {
    const { log } = begun();
    const here = { topicId: 1, partition: 0, nextOffset: 5 };
    expect(tailsAt(1049).next(log)).toEqual({ ...here, baseOffset: 0, fileId: 9, position: 60 });
    const tails = tailsAt(1050);
    expect(tails.next(log)).toEqual({ ...here, baseOffset: 5, fileId: 10, position: 0 });
    expect(tails.nextFileId).toBe(11);
  });

  test('goes on after the run before it, and to a new segment from the limit on', () => {
    const { log } = begun();
    const tails = tailsAt(60);
    const tail = tails.next(log);
    tail.position = 99;
    tail.nextOffset = 6;
    expect(tails.next(log)).toBe(tail);
    expect(tail).toMatchObject({ baseOffset: 0, fileId: 9, position: 99 });
    tail.position = 100;
    tail.nextOffset = 7;
    expect(tails.next(log)).toMatchObject({ nextOffset: 7, baseOffset: 7, fileId: 10, position: 0 });
    // What is there now stays as it is until the commits stand.
    expect([log.end, log.segments.length]).toEqual([5, 1]);
  });

  test('gets a segment of its own in a partition that has none', () => {
    const { log, other } = begun();
    const tails = tailsAt(60);
    expect(tails.next(other)).toMatchObject({ partition: 1, nextOffset: 0, baseOffset: 0, fileId: 10 });
    expect(tails.next(log)).toMatchObject({ partition: 0, fileId: 9 });
    expect(tails.nextFileId).toBe(11);
  });
});
