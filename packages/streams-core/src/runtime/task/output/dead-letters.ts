import { type Header, type LogRecord, noHeaders } from '@millrace/log-client';
import { ConfigError, type RecordError, type RecordOrigin } from '../../../errors.ts';
import type { DroppedRecord } from '../../../handlers.ts';
import type { RecordCollector } from './record-collector.ts';
import type { TopicDirectory } from '../topic-directory.ts';

export interface DeadLetterOptions {
  readonly collector: RecordCollector;
  readonly directory: TopicDirectory;
}

/** Sends a record as it came to another topic, with the error and its origin in headers. */
export function sendToDeadLetters(
  topic: string,
  record: LogRecord,
  error: RecordError,
  options: DeadLetterOptions,
): void {
  const { origin, cause } = error;
  const thrown = cause instanceof Error ? cause : new Error(String(cause));
  const details = { exception: thrown.name, message: thrown.message, stacktrace: thrown.stack ?? '' };
  send(topic, record, { origin, details, cause: error }, options);
}

/** Sends a record that an operator left out to another topic, with the reason and its origin in headers. */
export function sendDropped(
  topic: string,
  record: LogRecord,
  { reason, node, origin }: DroppedRecord,
  options: DeadLetterOptions,
): void {
  const details = { reason, message: `left out at ${node}: ${reason}` };
  send(topic, record, { origin, details, cause: undefined }, options);
}

interface Reason {
  readonly origin: RecordOrigin | undefined;
  readonly details: Readonly<Record<string, string>>;
  readonly cause: unknown;
}

/** @throws ConfigError where the topic was not declared: topics are looked up at start */
function send(
  topic: string,
  { key, value, timestamp, headers }: LogRecord,
  { origin, details, cause }: Reason,
  { collector, directory }: DeadLetterOptions,
): void {
  const count = directory.knownPartitions(topic);
  if (count === undefined) {
    throw new ConfigError(
      `A handler sends records to the topic "${topic}", which was not named when the app was made: name it in "deadLetterTopics", or use deadLetterTo('${topic}')`,
      { cause },
    );
  }
  const added = origin === undefined ? noHeaders : headersOf(origin, details);
  const partition = (origin?.partition ?? 0) % count;
  collector.add(collector.of(topic), partition, { key, value, timestamp, headers: [...headers, ...added] });
}

/**
 * The headers of KIP-1034, under their names there; `reason` is ours, for what is left out without an error.
 */
function headersOf(
  { topic, partition, offset }: RecordOrigin,
  details: Readonly<Record<string, string>>,
): readonly Header[] {
  const entries = { ...details, topic, partition: String(partition), offset: String(offset) };
  return Object.entries(entries).map(([key, value]) => ({
    key: `__streams.errors.${key}`,
    value: Buffer.from(value),
  }));
}
