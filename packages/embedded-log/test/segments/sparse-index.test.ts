import { describe, expect, test } from 'vitest';
import { SparseIndex } from '../../src/storage/segments/sparse-index.ts';

const spacing = 64 << 10;
const at = (position: number, offset = position / 1024, maxTimestampBefore = offset * 10) => ({
  offset,
  position,
  maxTimestampBefore,
});
const start = { offset: 100, position: 0, maxTimestampBefore: -1 };

/** An index of a segment that begins at offset 100, with these entries noted in turn. */
function indexWith(...entries: readonly ReturnType<typeof at>[]): SparseIndex {
  const index = new SparseIndex(100);
  for (const entry of entries) index.note(entry);
  return index;
}

const all = (index: SparseIndex): readonly number[] =>
  index.upTo(Number.MAX_SAFE_INTEGER).entries.map(({ position }) => position);

describe('an index of a segment', () => {
  test('has an entry for every 64 KiB, and where the segment begins', () => {
    const index = indexWith(at(0), at(spacing - 1), at(spacing), at(2 * spacing - 1), at(2 * spacing));
    expect(all(index)).toEqual([0, spacing, 2 * spacing]);
    expect(index.size).toBe(3);
  });

  test('takes batches in between, where there is room on both sides', () => {
    const index = indexWith(at(4 * spacing));
    for (const position of [2 * spacing, 4 * spacing - 1, 3 * spacing, 1 * spacing + 1, spacing]) {
      index.note(at(position));
    }
    expect(all(index)).toEqual([0, spacing, 2 * spacing, 3 * spacing, 4 * spacing]);
    index.note(at(3 * spacing));
    expect(index.size).toBe(5);
  });

  test('says where to start reading for an offset: at it or before', () => {
    const index = indexWith(at(spacing, 200), at(2 * spacing, 300));
    expect([99, 100, 199, 200, 299, 300, 999].map((offset) => index.before(offset).position)).toEqual([
      0,
      0,
      0,
      spacing,
      spacing,
      2 * spacing,
      2 * spacing,
    ]);
    expect(index.before(0)).toEqual(start);
  });

  test('says where to start for a time: where all before is older', () => {
    const index = indexWith(at(spacing, 200, 50), at(2 * spacing, 300, 70));
    expect([-2, 0, 50, 51, 70, 71].map((time) => index.olderThan(time).position)).toEqual([
      0,
      0,
      0,
      spacing,
      spacing,
      2 * spacing,
    ]);
  });

  test('that is not believed any more keeps where the segment begins', () => {
    const index = indexWith(at(spacing, 200));
    index.clear();
    expect([index.size, index.before(500)]).toEqual([1, start]);
    index.note(at(spacing, 210));
    expect(index.before(500)).toEqual(at(spacing, 210));
  });

  test('is stored for a part of the segment', () => {
    const index = indexWith(at(spacing), at(2 * spacing));
    expect(index.upTo(2 * spacing)).toEqual({ covered: 2 * spacing, entries: [start, at(spacing)] });
  });

  test('takes in what was stored, and keeps what it knows of the rest', () => {
    const index = indexWith(at(spacing, 1), at(3 * spacing));
    index.merge({ covered: 2 * spacing, entries: [start, at(spacing + 5, 2)] });
    expect(index.upTo(Number.MAX_SAFE_INTEGER).entries).toEqual([start, at(spacing + 5, 2), at(3 * spacing)]);
    // One that was stored without its beginning gets it.
    index.merge({ covered: 4 * spacing, entries: [at(spacing, 7)] });
    expect(index.upTo(Number.MAX_SAFE_INTEGER).entries).toEqual([start, at(spacing, 7)]);
  });
});
