import { type Header, type LogRecord, noHeaders } from '@millrace/log-client';
import type { RecordError } from '../../errors.ts';
import type { RecordCollector } from './record-collector.ts';
import type { TopicDirectory } from './topic-directory.ts';

/** Sends a record as it came to another topic, with the reason and its origin in headers. @throws the error where there is no such topic */
export function sendToDeadLetters(
  topic: string,
  { key, value, timestamp, headers }: LogRecord,
  error: RecordError,
  { collector, directory }: { readonly collector: RecordCollector; readonly directory: TopicDirectory },
): void {
  const count = directory.partitions(topic);
  // Dead-letter topics are looked up when the app starts; an unknown one is a mistake to stop at.
  if (typeof count !== 'number') throw error;
  const partition = (error.origin?.partition ?? 0) % count;
  collector.add(topic, partition, { key, value, timestamp, headers: [...headers, ...reason(error)] });
}

/** The headers of KIP-1034, under their names there. */
function reason({ origin, cause }: RecordError): readonly Header[] {
  if (origin === undefined) return noHeaders;
  const thrown = cause instanceof Error ? cause : new Error(String(cause));
  const entries = {
    exception: thrown.name,
    message: thrown.message,
    stacktrace: thrown.stack ?? '',
    topic: origin.topic,
    partition: String(origin.partition),
    offset: String(origin.offset),
  };
  return Object.entries(entries).map(([key, value]) => ({
    key: `__streams.errors.${key}`,
    value: Buffer.from(value),
  }));
}
