import { type Header, type LogRecord, noHeaders } from '@millrace/log-client';
import { RecordError } from '../../errors.ts';
import type { SourceTopic } from '../../topology/nodes.ts';
import type { DeserializationExceptionHandler } from '../handlers.ts';
import type { RecordCollector } from './record-collector.ts';
import type { Deserialize } from './record-queue.ts';
import type { TopicDirectory } from './topic-directory.ts';

export interface SourceOptions {
  readonly node: string;
  /** The topic as the topology knows it, and its name in the log. */
  readonly topic: SourceTopic;
  readonly realName: string;
  readonly partition: number;
  readonly onError: DeserializationExceptionHandler;
  readonly collector: RecordCollector;
  readonly directory: TopicDirectory;
  readonly dropped: () => void;
}

/** The start of a record's way: bytes to a record. One that cannot be read goes to the handler. */
export function openSource(options: SourceOptions): Deserialize {
  const { key: keySerde, value: valueSerde } = options.topic;
  return (record) => {
    const { key, value, timestamp, headers } = record;
    if (timestamp < 0) {
      return refuse(
        options,
        record,
        new RangeError(`its timestamp is ${timestamp}; it must not be negative`),
      );
    }
    try {
      return {
        key: key === null ? null : keySerde.deserialize(key),
        value: value === null ? null : valueSerde.deserialize(value),
        timestamp,
        headers,
      };
    } catch (cause) {
      return refuse(options, record, cause);
    }
  };
}

function refuse(options: SourceOptions, record: LogRecord, cause: unknown): undefined {
  const { node, realName: topic, partition, onError, collector, dropped } = options;
  const origin = { topic, partition, offset: record.offset };
  const error = new RecordError('RECORD_DESERIALIZATION', 'A record could not be read', node, origin, cause);
  const response = onError(error, record);
  if (response === 'fail') throw error;
  dropped();
  if (response === 'continue') return;
  const target = response.deadLetterTopic;
  const count = options.directory.partitions(target);
  // Dead-letter topics are looked up when the app starts; an unknown one is a mistake to stop at.
  if (typeof count !== 'number') throw error;
  collector.add(target, partition % count, {
    ...record,
    headers: [...record.headers, ...reason(error, cause)],
  });
}

/** The headers of KIP-1034, under their names there. */
function reason(error: RecordError, cause: unknown): readonly Header[] {
  const { origin } = error;
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
