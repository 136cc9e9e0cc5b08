import type { LogClient } from '@millrace/log-client';
import type { Topic } from '../serde/topic.ts';

/** A topic, whatever is in it. */
type TopicToCreate = Pick<Topic<never, never>, 'name' | 'partitions' | 'configs'>;

export interface CreateTopicsOptions {
  /** For topics that do not say how many partitions they have. Default 1. */
  readonly partitions?: number;
}

/**
 * Creates the topics that do not exist, with the partitions and settings they name; those that exist are left
 * as they are. Returns the names of those created. @throws LogError `LOG_TOPIC_EXISTS` for one that exists
 * with another number of partitions than it names, `LOG_INVALID_TOPIC`, `LOG_INVALID_CONFIG`
 */
export async function createTopics(
  log: LogClient,
  topics: readonly TopicToCreate[],
  { partitions: usual = 1 }: CreateTopicsOptions = {},
): Promise<string[]> {
  const existing = await log.admin.topics(topics.map(({ name }) => name));
  // A topic that exists goes along where it names a number of partitions: the log compares.
  const wanted = topics.filter(({ name, partitions }) => partitions !== undefined || !existing.has(name));
  await log.admin.createTopics(
    wanted.map(({ name, partitions = usual, configs }) => ({
      name,
      partitions,
      ...(configs === undefined ? {} : { configs }),
    })),
  );
  return [...new Set(topics.map(({ name }) => name))].filter((name) => !existing.has(name));
}
