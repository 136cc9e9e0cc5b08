import { LogError } from './errors.ts';
import type { CreateTopic } from './log-client.ts';

/**
 * The topics of one call, each once. @throws LogError `LOG_TOPIC_EXISTS` for one with two numbers of
 * partitions
 */
export function distinctTopics(topics: readonly CreateTopic[]): CreateTopic[] {
  const byName = new Map<string, CreateTopic>();
  for (const topic of topics) {
    const other = byName.get(topic.name) ?? topic;
    if (other.partitions !== topic.partitions) {
      throw new LogError(
        'LOG_TOPIC_EXISTS',
        `Topic "${topic.name}" is to be created with ${other.partitions} partitions and with ${topic.partitions}: name it once`,
      );
    }
    byName.set(topic.name, other);
  }
  return [...byName.values()];
}
