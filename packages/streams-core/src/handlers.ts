import { isLogError, type LogRecord, type TopicPartition } from '@millrace/log-client';
import { warn } from '@millrace/log-client/platform';
import type { RecordError, RecordOrigin } from './errors.ts';
import type { StreamRecord } from './record/record.ts';

/** What to do with a record that cannot be read: stop, leave it out, or send it to another topic. */
export type DeserializationResponse = 'fail' | 'continue' | { readonly deadLetterTopic: string };

/**
 * A handler that may send records to a topic names it, so that the app looks the topic up before it needs it.
 */
interface NamesTopic {
  readonly deadLetterTopic?: string;
}

/** Decides for one record. `error` names node, topic, partition and offset. */
export type DeserializationExceptionHandler = ((
  error: RecordError,
  record: LogRecord,
) => DeserializationResponse) &
  NamesTopic;

/**
 * What to do with a record that could not be processed or written: stop, leave it out, or send its input
 * elsewhere.
 */
export type RecordResponse = DeserializationResponse;

/**
 * Decides what becomes of a record that an operator, your processor or a punctuator could not process.
 * `error` names the node and where the input came from; there is no record in a punctuator. What stores have
 * taken in stays.
 */
export type ProcessingExceptionHandler = ((
  error: RecordError,
  record: StreamRecord<unknown, unknown> | undefined,
) => RecordResponse) &
  NamesTopic;

/** As for other errors; `retry` starts the work over from the last commit, after a pause. */
export type ProductionResponse = RecordResponse | 'retry';

/**
 * Decides what becomes of a result that could not be written: a serde refused it, or the log did
 * (`LOG_TOO_LARGE`, `LOG_INVALID_RECORD`); then its key and value are bytes. It is also asked about a log
 * that did not answer in time (`error.cause` is a retriable LogError): without a record, and any answer but
 * `fail` retries (KIP-1065).
 */
export type ProductionExceptionHandler = ((
  error: RecordError,
  record: StreamRecord<unknown, unknown> | undefined,
) => ProductionResponse) &
  NamesTopic;

/** A record that an operator leaves out: no error, but no result either. */
export interface DroppedRecord {
  /**
   * Why: a null key or value, too late for its window, superseded, or a timestamp that the extractor
   * refused.
   */
  readonly reason: 'null' | 'late' | 'stale' | 'timestamp';
  readonly node: string;
  /** Where the input it came from stands. */
  readonly origin: RecordOrigin;
}

/** Decides where the input of a record that is left out goes; nothing: nowhere. It is counted in any case. */
export type DroppedRecordHandler = ((
  dropped: DroppedRecord,
) => void | 'continue' | { readonly deadLetterTopic: string }) &
  NamesTopic;

/** Records that a task takes in, or a global table. */
export interface ReceivedInput {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
}

/** Called with all input as it is taken in, batch by batch; not with what the app has sent to itself. */
export type InputListener = (input: ReceivedInput) => void;

/** Stops the app: the default. */
export const failOnRecordError = (): 'fail' => 'fail';

/**
 * Stops the app, but where the log did not answer in time tries again: the default (Kafka Streams 4.0,
 * KIP-1065).
 */
export const failOnProductionError: ProductionExceptionHandler = ({ cause }) =>
  isLogError(cause) && cause.retriable ? 'retry' : 'fail';

/** Stops the app: the default. */
export const failOnDeserializationError: DeserializationExceptionHandler = () => 'fail';

/** Reports the record and skips it. */
export function logAndContinue(
  report: (message: string) => void = console.warn,
): (error: RecordError) => 'continue' {
  return (error) => {
    report(`Left out: ${error.message}`);
    return 'continue';
  };
}

/** Sends the record as it came to another topic, with the reason and its origin in headers. */
export function deadLetterTo(topic: string): (() => { readonly deadLetterTopic: string }) & {
  readonly deadLetterTopic: string;
} {
  const response = { deadLetterTopic: topic };
  return Object.assign(() => response, response);
}

/** The topics that handlers may send records to: those that they declare, and those of the config. */
export function deadLetterTopicsOf(handlers: readonly object[], named: readonly string[]): readonly string[] {
  return [
    ...new Set([...named, ...handlers.flatMap((handler) => (handler as NamesTopic).deadLetterTopic ?? [])]),
  ];
}

/**
 * After an error that nothing else dealt with: stop this instance, or start its work over from the last
 * commit.
 */
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

/** A partition whose committed offset is out of range. */
export interface PartitionReset extends TopicPartition {
  /**
   * The log no longer holds the offset, or the topic was deleted and created again: a position belongs to one
   * topic.
   */
  readonly reason: 'out-of-range' | 'topic-recreated';
  /** The offset that was to be read next. */
  readonly committed: number;
  /** The new position, by the source's `offsetReset`. */
  readonly offset: number;
  /**
   * How many offsets are passed over. As many records at most: compaction and transactions leave gaps. Of a
   * topic created again, those of the new one.
   */
  readonly missed: number;
}

export type OffsetResetListener = (reset: PartitionReset) => void;

/** Warns, once for each reset: the default. */
export const warnOfOffsetReset: OffsetResetListener = (reset) => {
  const { topic, partition, committed, offset, reason, missed } = reset;
  const what =
    reason === 'topic-recreated'
      ? `${topic} was deleted and created again: partition ${partition} had been read up to offset ${committed} of the old topic`
      : `${topic}-${partition} no longer holds offset ${committed}, which was to be read next`;
  const lost = missed === 0 ? '' : `, ${missed} ${missed === 1 ? 'offset' : 'offsets'} are missed`;
  warn(`${what}; reading continues at ${offset}${lost}`);
};
