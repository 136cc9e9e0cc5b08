import type { Topic, Topology } from 'millrace';

/** A topic of whatever types. */
type AnyTopic = Topic<unknown, unknown>;

/** Records that show what an example does; times in milliseconds. */
export interface SampleRecord {
  readonly topic: AnyTopic;
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

/** A topology of a screen, with records for it. */
export interface UseCase {
  readonly what: string;
  readonly topology: () => Topology;
  readonly sample: readonly SampleRecord[];
  /** The topics whose records are printed. */
  readonly results: readonly AnyTopic[];
}

export function anyTopic<K, V>(topic: Topic<K, V>): AnyTopic {
  return topic as unknown as AnyTopic;
}

type Timed<K, V> = readonly [key: K, value: V | null, second: number];

/** Records of one topic, with times in seconds. */
export function sampleOf<K, V>(topic: Topic<K, V>, records: NoInfer<readonly Timed<K, V>[]>): SampleRecord[] {
  return records.map(([key, value, second]) => ({
    topic: anyTopic(topic),
    key,
    value,
    timestamp: second * 1000,
  }));
}
