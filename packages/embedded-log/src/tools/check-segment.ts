import {
  batchAt,
  batchHeaderBytes,
  batchIsIntact,
  batchSize,
  hasWholeBatch,
  nextOffsetOf,
} from '@millrace/kafka-protocol';
import { readLong } from '@millrace/log-client';
import { decodeIndex } from '../format/segment-index.ts';

/** Bytes of a segment that are no batch of it, and the offsets that are lost with them. */
export interface DamagedStretch {
  readonly position: number;
  readonly end: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
}

export interface SegmentCheck {
  readonly batches: number;
  readonly records: number;
  readonly damaged: readonly DamagedStretch[];
  /** Where the batches begin that are intact, by their first offset. */
  readonly places: ReadonlyMap<number, number>;
}

function isBatchAt(bytes: Buffer, at: number, from: number, to: number): boolean {
  if (!hasWholeBatch(bytes, at)) return false;
  const offset = readLong(bytes, at);
  if (offset < from || offset >= to || bytes.readInt32BE(at + batchAt.leaderEpoch) !== 0) return false;
  return nextOffsetOf(bytes, at) <= to && batchIsIntact(bytes, at, batchSize(bytes, at));
}

/** Goes through the bytes of a segment that holds the offsets from `baseOffset` to `endOffset`. */
export function checkSegment(bytes: Buffer, baseOffset: number, endOffset: number): SegmentCheck {
  const damaged: DamagedStretch[] = [];
  const places = new Map<number, number>();
  let [batches, records] = [0, 0];
  let next = baseOffset;
  let at = 0;
  while (at < bytes.length) {
    if (readsOn(bytes, at, next, endOffset)) {
      places.set(next, at);
      batches++;
      records += bytes.readInt32BE(at + batchAt.count);
      next = nextOffsetOf(bytes, at);
      at += batchSize(bytes, at);
      continue;
    }
    let end = at + 1;
    while (end + batchHeaderBytes <= bytes.length && !isBatchAt(bytes, end, next, endOffset)) end++;
    const found = end + batchHeaderBytes <= bytes.length;
    const nextOffset = found ? readLong(bytes, end) : endOffset;
    end = found ? end : bytes.length;
    damaged.push({ position: at, end, firstOffset: next, nextOffset });
    next = nextOffset;
    at = end;
  }
  if (next < endOffset) {
    damaged.push({ position: bytes.length, end: bytes.length, firstOffset: next, nextOffset: endOffset });
  }
  return { batches, records, damaged, places };
}

function readsOn(bytes: Buffer, at: number, next: number, endOffset: number): boolean {
  return isBatchAt(bytes, at, next, endOffset) && readLong(bytes, at) === next;
}

/** What is wrong with the index of a segment; undefined where nothing is. */
export function checkIndex(index: Buffer, { places }: SegmentCheck): string | undefined {
  const stored = decodeIndex(index);
  if (stored === undefined) return 'it is unreadable; it is made again from the segment';
  const wrong = stored.entries.find(
    ({ offset, position }) => position < stored.covered && places.get(offset) !== position,
  );
  return wrong && `it has offset ${wrong.offset} at byte ${wrong.position}, where no such batch begins`;
}
