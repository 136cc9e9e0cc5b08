import {
  json,
  type KStream,
  nullable,
  type StreamRecord,
  StreamsBuilder,
  string,
  type Topic,
  topic,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';

/** Values of any JSON shape under text keys: what operator tests work on. */
export const input = topic('input', { key: string(), value: json<number>() });
export const words = topic('input', { key: string(), value: string() });
export const output = topic('output', { key: json<unknown>(), value: json<unknown>() });

/**
 * The topic with its null keys and values read, as Kafka Streams reads them; its types do not say so, for
 * operators that keep them from user code.
 */
export function withNulls<K, V>(of: Topic<K, V>): Topic<K, V> {
  const admitting = { ...of, key: nullable(of.key), value: nullable(of.value) };
  return admitting as unknown as Topic<K, V>;
}

export type Piped<V> = readonly [key: string | null, value: V | null, timestamp?: number];

/** Pipes records through a stream and returns what comes out: `key=value@timestamp`. */
export function through<V>(
  source: ({ readonly name: string } & typeof input) | typeof words,
  build: (stream: KStream<string, V>) => KStream<unknown, unknown>,
  records: readonly Piped<V>[],
): string[] {
  const builder = new StreamsBuilder();
  build(builder.stream(withNulls(source as never))).to(output);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(source as typeof input);
  for (const [key, value, timestamp = 0] of records) topicIn.pipeInput(key, value as never, { timestamp });
  return driver.createOutputTopic(output).readRecordsToList().map(show);
}

/** `key=value@timestamp`, with windows as `key[start,end)`. */
export function show({ key, value, timestamp }: StreamRecord<unknown, unknown>): string {
  return `${showKey(key)}=${JSON.stringify(value)}@${timestamp}`;
}

function showKey(key: unknown): string {
  if (typeof key !== 'object' || key === null) return String(key);
  const { key: inner, window } = key as { key: unknown; window?: { start: number; end: number } };
  return window === undefined ? JSON.stringify(key) : `${String(inner)}[${window.start},${window.end})`;
}
