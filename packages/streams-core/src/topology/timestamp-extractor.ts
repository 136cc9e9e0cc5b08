import type { Headers } from '@millrace/log-client';

/** A record as a timestamp extractor sees it. */
export interface ExtractedRecord<out K = unknown, out V = unknown> {
  readonly key: K;
  readonly value: V;
  /** As its producer or the log set it, in milliseconds. */
  readonly timestamp: number;
  readonly headers: Headers;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Gives a record its timestamp, in milliseconds; a negative one leaves the record out. `partitionTime` is the
 * largest timestamp its partition has had so far, -1 before the first.
 */
export type TimestampExtractor<in K = unknown, in V = unknown> = (
  record: ExtractedRecord<K, V>,
  partitionTime: number,
) => number;

/** The record's own timestamp; a negative one stops the app: the default. */
export const failOnInvalidTimestamp: TimestampExtractor = ({ timestamp, topic, partition, offset }) => {
  if (timestamp >= 0) return timestamp;
  throw new RangeError(
    `the timestamp of ${topic}-${partition} @ ${offset} is ${timestamp}; it must not be negative: use another timestampExtractor, e.g. usePartitionTimeOnInvalidTimestamp`,
  );
};

/** The record's own timestamp; records with a negative one are left out. */
export const skipOnInvalidTimestamp: TimestampExtractor = ({ timestamp }) => timestamp;

/** The record's own timestamp; in place of a negative one the largest that its partition has had. */
export const usePartitionTimeOnInvalidTimestamp: TimestampExtractor = ({ timestamp }, partitionTime) =>
  timestamp >= 0 ? timestamp : partitionTime;

/** The time at which a record is read. */
export const wallClockTimestamp: TimestampExtractor = () => Date.now();
