import { long, StreamsBuilder, string, type Topic, type Topology, topic } from '@millrace/streams-core';

/** Clicks counted by key: what most tests of a running app run. */
export const clicks = topic('clicks', { key: string(), value: string() });
export const counts = topic('counts', { key: string(), value: long() });

export function countClicks(source: Topic<string, string> = clicks): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(source)
    .groupByKey()
    .count({ as: 'clicks-per-key' })
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return builder.build();
}

export const topics = (partitions: number) => [clicks, counts].map(({ name }) => ({ name, partitions }));

export function last(
  entries: readonly { key: string; value: number | null }[],
): Record<string, number | null> {
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}
