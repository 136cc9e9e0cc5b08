import type { LogRecord, Serde } from '@millrace/log-client';
import { RecordError } from '../../../errors.ts';
import { assertMilliseconds } from '../../../record/milliseconds.ts';
import type { TimestampExtractor } from '../../../topology/timestamp-extractor.ts';
import type { DropReason } from '../../../topology/operator.ts';
import type { AdmittedNulls, SourceTopic } from '../../../topology/graph/nodes.ts';
import type { DeserializationExceptionHandler } from '../../../handlers.ts';
import { sendToDeadLetters } from '../output/dead-letters.ts';
import type { RecordCollector } from '../output/record-collector.ts';
import type { Deserialize } from './record-queue.ts';
import type { TopicDirectory } from '../topic-directory.ts';

export interface SourceOptions {
  readonly node: string;
  /** The line of the program that added it. */
  readonly addedAt?: string | undefined;
  /** The topic as the topology knows it, and its name in the log. */
  readonly topic: SourceTopic;
  readonly realName: string;
  readonly partition: number;
  readonly onError: DeserializationExceptionHandler;
  /** Where left out, null keys and values are read. */
  readonly nulls?: AdmittedNulls | undefined;
  /** Where left out, records keep their own timestamps. */
  readonly timestampExtractor?: TimestampExtractor | undefined;
  readonly collector: RecordCollector;
  readonly directory: TopicDirectory;
  readonly dropped: (reason: DropReason, record: LogRecord) => void;
}

/** The start of a record's way: bytes to a record. One that cannot be read goes to the handler. */
export function openSource(options: SourceOptions): Deserialize {
  const { topic, nulls } = options;
  const keyOf = reader('key', topic.key, nulls);
  const valueOf = reader('value', topic.value, nulls);
  const { timestampExtractor } = options;
  if (timestampExtractor !== undefined) return extracting(options, timestampExtractor, keyOf, valueOf);
  return (record) => {
    const { timestamp, headers } = record;
    if (timestamp < 0) return refuseTimestamp(options, record);
    try {
      return { key: keyOf(record), value: valueOf(record), timestamp, headers };
    } catch (cause) {
      return refuse(options, record, cause);
    }
  };
}

/**
 * A negative timestamp stops the app whatever is said about records that cannot be read
 * (FailOnInvalidTimestamp).
 */
function refuseTimestamp(
  { node, addedAt, realName: topic, partition }: SourceOptions,
  { timestamp, offset }: LogRecord,
): never {
  const cause = new RangeError(
    `its timestamp is ${timestamp}; it must not be negative: give the source a timestampExtractor that says what to do, e.g. usePartitionTimeOnInvalidTimestamp`,
  );
  const origin = { topic, partition, offset };
  throw new RecordError('RECORD_DESERIALIZATION', { what: unreadable, node, addedAt, origin, cause });
}

const unreadable = 'A record could not be read';

/** As above, with timestamps that the user's own code gives. */
function extracting(
  options: SourceOptions,
  extract: TimestampExtractor,
  keyOf: (record: LogRecord) => unknown,
  valueOf: (record: LogRecord) => unknown,
): Deserialize {
  const { realName: topic, partition } = options;
  return (record, partitionTime) => {
    const { offset, headers } = record;
    try {
      const [key, value] = [keyOf(record), valueOf(record)];
      const given = { key, value, timestamp: record.timestamp, headers, topic, partition, offset };
      const timestamp = extract(given, partitionTime);
      assertMilliseconds(timestamp, 'the timestampExtractor returned');
      if (timestamp >= 0) return { key, value, timestamp, headers };
      options.dropped('timestamp', record);
      return undefined;
    } catch (cause) {
      return refuse(options, record, cause);
    }
  };
}

/** Reads a key or value: as text where both serde and log can, else from its bytes. Null stays null. */
function reader(
  side: 'key' | 'value',
  serde: Serde<unknown>,
  nulls: AdmittedNulls | undefined,
): (record: LogRecord) => unknown {
  const nothing = nulls?.[side] === false ? () => refuseNull(side, serde) : () => null;
  const [bytesOf, textOf] = accessors[side];
  const fromBytes = (record: LogRecord): unknown => {
    const bytes = bytesOf(record);
    return bytes === null ? nothing() : serde.deserialize(bytes);
  };
  if (serde.deserializeText === undefined) return fromBytes;
  return (record) => {
    const text = textOf(record);
    if (text === undefined) return fromBytes(record);
    return text === null ? nothing() : serde.deserializeText!(text);
  };
}

type Accessors = readonly [
  bytes: (record: LogRecord) => Uint8Array | null,
  text: (record: LogRecord) => string | null | undefined,
];

const accessors: Readonly<Record<'key' | 'value', Accessors>> = {
  key: [(record) => record.key, (record) => record.keyText?.()],
  value: [(record) => record.value, (record) => record.valueText?.()],
};

function refuseNull(side: 'key' | 'value', { name = 'its own' }: Serde<unknown>): never {
  throw new TypeError(
    `the ${side} is null, and the topic's ${side} serde (${name}) admits no null: give the topic a nullable(...) ${side} serde${side === 'value' ? ', or read it as a table' : ''}`,
  );
}

function refuse(options: SourceOptions, record: LogRecord, cause: unknown): undefined {
  const { node, addedAt, realName: topic, partition, onError, dropped } = options;
  const origin = { topic, partition, offset: record.offset };
  const error = new RecordError('RECORD_DESERIALIZATION', { what: unreadable, node, addedAt, origin, cause });
  const response = onError(error, record);
  if (response === 'fail') throw error;
  dropped('unreadable', record);
  if (response !== 'continue') sendToDeadLetters(response.deadLetterTopic, record, error, options);
}
