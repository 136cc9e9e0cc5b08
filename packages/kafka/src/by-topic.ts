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
