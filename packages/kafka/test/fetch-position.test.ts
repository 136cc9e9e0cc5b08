import { type LogRecord, noHeaders } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { FetchPosition } from '../src/reader/fetch-position.ts';

const noLimit = Number.POSITIVE_INFINITY;

function records(from: number, to: number): LogRecord[] {
  return Array.from({ length: to - from }, (_, index) => ({
    offset: from + index,
    key: null,
    value: null,
    timestamp: 0,
    headers: noHeaders,
  }));
}

function position(): FetchPosition {
  return new FetchPosition({ topic: 't', partition: 0 }, 0, false);
}

const offsets = (of: FetchPosition, share: number): number[] | undefined =>
  of.take(share, noLimit)?.records.map(({ offset }) => offset);

describe('the position of a partition', () => {
  test('is fetched on once half of what came is handed out, and not further', () => {
    const one = position();
    expect(one).toMatchObject({ wantsRecords: true, fetchOffset: 0 });
    one.put(records(0, 4), 4);
    expect(one).toMatchObject({ wantsRecords: false, fetchOffset: 4, offset: 0 });
    expect(offsets(one, 1)).toEqual([0]);
    expect(one.wantsRecords).toBe(false);
    expect(offsets(one, 1)).toEqual([1]);
    expect(one).toMatchObject({ wantsRecords: true, fetchOffset: 4, offset: 2 });
    one.put(records(4, 7), 8);
    expect(one).toMatchObject({ wantsRecords: false, offset: 2 });
    expect(offsets(one, 9)).toEqual([2, 3]);
    expect(one).toMatchObject({ wantsRecords: false, fetchOffset: 8, offset: 4 });
    expect(offsets(one, 9)).toEqual([4, 5, 6]);
    expect(one).toMatchObject({ wantsRecords: true, hasRecords: false, fetchOffset: 8, offset: 8 });
  });

  test('passes offsets without records in their turn', () => {
    const one = position();
    one.put(records(0, 2), 2);
    one.take(1, noLimit);
    one.put([], 5);
    expect(offsets(one, 9)).toEqual([1]);
    expect(one).toMatchObject({ hasRecords: true, wantsRecords: true, fetchOffset: 5, offset: 2 });
    expect(one.take(9, noLimit)).toMatchObject({ records: [], nextOffset: 5 });
    expect(one).toMatchObject({ hasRecords: false, offset: 5 });
  });

  test('is at its end when the last fetch brought all that was there', () => {
    const one = position();
    expect(one.isAtEnd).toBe(false);
    one.lastStableOffset = 4;
    one.put(records(0, 2), 2);
    expect(one.isAtEnd).toBe(false);
    one.take(2, noLimit);
    one.put(records(2, 4), 4);
    expect(one.isAtEnd).toBe(true);
  });

  test('drops with a seek what was fetched, and what was fetched ahead', () => {
    const one = position();
    one.put(records(0, 2), 2);
    one.take(1, noLimit);
    one.put(records(2, 4), 4);
    one.seek(1);
    expect(one).toMatchObject({ hasRecords: false, wantsRecords: true, fetchOffset: 1, version: 1 });
  });
});
