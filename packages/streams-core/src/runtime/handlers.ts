import { emitWarning } from 'node:process';
import type { LogRecord, TopicPartition } from '@millrace/log-client';
import type { RecordError } from '../errors.ts';
import type { StreamRecord } from '../record.ts';

/** What to do with a record that cannot be read: stop, leave it out, or send it to another topic. */
export type DeserializationResponse = 'fail' | 'continue' | { readonly deadLetterTopic: string };

/** Decides for one record. `error` names node, topic, partition and offset. */
export type DeserializationExceptionHandler = (
  error: RecordError,
  record: LogRecord,
) => DeserializationResponse;

/** What to do with a record that could not be processed or written: stop, leave it out, or send its input elsewhere. */
export type RecordResponse = DeserializationResponse;

/**
 * Decides what becomes of a record that an operator, a processor of yours or a punctuator could not process. `error` names the
 * node and where the input came from; there is no record in a punctuator. What stores have taken in stays.
 */
export type ProcessingExceptionHandler = (
  error: RecordError,
  record: StreamRecord<unknown, unknown> | undefined,
) => RecordResponse;

/** Decides what becomes of a result that could not be written, because a serde refused it. */
export type ProductionExceptionHandler = (
  error: RecordError,
  record: StreamRecord<unknown, unknown>,
) => RecordResponse;

/** Stops the app: the default. */
export const failOnRecordError = (): RecordResponse => 'fail';

/** Stops the app: the default. */
export const failOnDeserializationError: DeserializationExceptionHandler = () => 'fail';

/** Reports the record and goes on without it. */
export function logAndContinue(
  report: (message: string) => void = console.warn,
): (error: RecordError) => 'continue' {
  return (error) => {
    report(`Left out: ${error.message}`);
    return 'continue';
  };
}

/** Sends the record as it came to another topic, with the reason and its origin in headers. */
export function deadLetterTo(topic: string): () => { readonly deadLetterTopic: string } {
  return () => ({ deadLetterTopic: topic });
}

/** After an error that nothing else dealt with: stop this instance, or start its work over from the last commit. */
export type UncaughtExceptionResponse = 'shutdown' | 'restart';

export type UncaughtExceptionHandler = (error: unknown) => UncaughtExceptionResponse;

/** Progress of a store that is being restored from its changelog. */
export interface StoreRestore {
  readonly taskId: string;
  readonly store: string;
  readonly topic: string;
  readonly partition: number;
  /** The first offset to apply, and the one to reach. */
  readonly startOffset: number;
  readonly endOffset: number;
}

export interface StateRestoreListener {
  onRestoreStart?(restore: StoreRestore): void;
  onBatchRestored?(restore: StoreRestore, batchEndOffset: number, records: number): void;
  onRestoreEnd?(restore: StoreRestore, records: number): void;
}

/** A partition in which the log no longer holds the offset that was committed. */
export interface PartitionReset extends TopicPartition {
  /** The offset that was to be read next. */
  readonly committed: number;
  /** Where reading goes on, by the source's `offsetReset`. */
  readonly offset: number;
}

export type OffsetResetListener = (reset: PartitionReset) => void;

/** Warns, once for each reset: the default. */
export const warnOfOffsetReset: OffsetResetListener = ({ topic, partition, committed, offset }) => {
  emitWarning(
    `${topic}-${partition} no longer holds offset ${committed}, which was to be read next; reading goes on at ${offset}`,
    'MillraceWarning',
  );
};
