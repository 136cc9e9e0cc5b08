import { readLong } from '@millrace/log-client';
import { crc32c } from '@node-rs/crc32';

/*
 * A record batch of Kafka, format 2. All numbers are big-endian; the checksum is CRC-32C of all after it.
 *
 *   0            8        12             16      17      21           23                27
 *   +------------+--------+--------------+-------+-------+------------+-----------------+----------------
 *   | base offset| length | leader epoch | magic | crc   | attributes | last offset Δ   | base timestamp
 *   +------------+--------+--------------+-------+-------+------------+-----------------+----------------
 *   35               43            51               53              57      61
 *   +----------------+-------------+----------------+---------------+-------+-----------
 *   | max timestamp  | producer id | producer epoch | base sequence | count | records ...
 *   +----------------+-------------+----------------+---------------+-------+-----------
 *
 * A record: its length, attributes, timestamp Δ, offset Δ, key, value, headers; lengths and deltas are
 * zig-zag varints. Source: the section on the record batch in Kafka's documentation of its message format.
 */
export const batchAt = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
} as const;

export const batchHeaderBytes = 61;
export const compressionMask = 7;
export const logAppendTimeFlag = 8;
export const transactionalFlag = 16;
export const controlFlag = 32;

/** What comes before the part of a batch that its length counts. */
const lengthEnd = 12;

/** The bytes of the batch at `at`, whose length must be there. */
export function batchSize(source: Buffer, at: number): number {
  return source.readInt32BE(at + batchAt.length) + lengthEnd;
}

/** Whether a whole batch begins at `at`. One that is too short to be one counts as not there. */
export function hasWholeBatch(source: Buffer, at: number): boolean {
  if (at + batchHeaderBytes > source.length) return false;
  const size = batchSize(source, at);
  return size >= batchHeaderBytes && at + size <= source.length;
}

/** The offset after the last one of the batch at `at`. */
export function nextOffsetOf(source: Buffer, at: number): number {
  return readLong(source, at) + source.readInt32BE(at + batchAt.lastOffsetDelta) + 1;
}

/** Whether the batch at `at` matches its checksum, which leaves out base offset, length and leader epoch. */
export function batchIsIntact(source: Buffer, at: number, size: number): boolean {
  return (
    source[at + batchAt.magic] === 2 &&
    source.readUInt32BE(at + batchAt.crc) === crc32c(source.subarray(at + batchAt.attributes, at + size))
  );
}

/** Sets the checksum of a batch from `start` to `end` whose fields have changed. */
export function writeBatchChecksum(target: Buffer, start: number, end: number): void {
  target.writeUInt32BE(crc32c(target.subarray(start + batchAt.attributes, end)), start + batchAt.crc);
}
