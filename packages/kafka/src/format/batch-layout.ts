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
