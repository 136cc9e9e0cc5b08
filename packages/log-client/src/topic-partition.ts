export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `orders-3`: the string form that Kafka prints, used as a map key. */
export function topicPartitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/**
 * The inverse of {@link topicPartitionKey}. A topic's name may itself hold dashes: the last one separates.
 */
export function parseTopicPartition(key: string): TopicPartition {
  const dash = key.lastIndexOf('-');
  return { topic: key.slice(0, dash), partition: Number(key.slice(dash + 1)) };
}

/** Entries grouped by topic, as most of Kafka's requests want them. */
export function byTopic<T extends { readonly topic: string }>(
  entries: readonly T[],
): { readonly topic: string; readonly entries: readonly T[] }[] {
  const topics = new Map<string, T[]>();
  for (const entry of entries) {
    const known = topics.get(entry.topic);
    if (known === undefined) topics.set(entry.topic, [entry]);
    else known.push(entry);
  }
  return [...topics].map(([topic, list]) => ({ topic, entries: list }));
}
