import { type Header, type LogRecord, noHeaders, type Serde } from '@millrace/log-client';
import { RecordError } from '../../errors.ts';
import type { DropReason } from '../../topology/operator.ts';
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
  readonly dropped: (reason: DropReason) => void;
}

/** The start of a record's way: bytes to a record. One that cannot be read goes to the handler. */
export function openSource(options: SourceOptions): Deserialize {
  const keyOf = reader(
    options.topic.key,
    (record) => record.key,
    (record) => record.keyText?.(),
  );
  const valueOf = reader(
    options.topic.value,
    (record) => record.value,
    (record) => record.valueText?.(),
  );
  return (record) => {
    const { timestamp, headers } = record;
    if (timestamp < 0) {
      return refuse(
        options,
        record,
        new RangeError(`its timestamp is ${timestamp}; it must not be negative`),
      );
    }
    try {
      return { key: keyOf(record), value: valueOf(record), timestamp, headers };
    } catch (cause) {
      return refuse(options, record, cause);
    }
  };
}

/** Reads a key or value: as text where both serde and log can, else from its bytes. Null stays null. */
function reader(
  serde: Serde<unknown>,
  bytesOf: (record: LogRecord) => Uint8Array | null,
  textOf: (record: LogRecord) => string | null | undefined,
): (record: LogRecord) => unknown {
  const fromBytes = (record: LogRecord): unknown => {
    const bytes = bytesOf(record);
    return bytes === null ? null : serde.deserialize(bytes);
  };
  if (serde.deserializeText === undefined) return fromBytes;
  return (record) => {
    const text = textOf(record);
    if (text === undefined) return fromBytes(record);
    return text === null ? null : serde.deserializeText!(text);
  };
}

function refuse(options: SourceOptions, record: LogRecord, cause: unknown): undefined {
  const { node, realName: topic, partition, onError, collector, dropped } = options;
  const origin = { topic, partition, offset: record.offset };
  const error = new RecordError('RECORD_DESERIALIZATION', 'A record could not be read', node, origin, cause);
  const response = onError(error, record);
  if (response === 'fail') throw error;
  dropped('unreadable');
  if (response === 'continue') return;
  const target = response.deadLetterTopic;
  const count = options.directory.partitions(target);
  // Dead-letter topics are looked up when the app starts; an unknown one is a mistake to stop at.
  if (typeof count !== 'number') throw error;
  const { key, value, timestamp, headers } = record;
  const why = [...headers, ...reason(error, cause)];
  collector.add(target, partition % count, { key, value, timestamp, headers: why });
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
