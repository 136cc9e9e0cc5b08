import type { LogClient, TopicInfo, TopicPartition } from '@millrace/log-client';
import { UsageError } from './usage-error.ts';

export function partitionsOf({ name, partitions }: Pick<TopicInfo, 'name' | 'partitions'>): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }));
}

/** @throws UsageError where there is no such topic */
export async function topicNamed(log: LogClient, name: string): Promise<TopicInfo> {
  const info = (await log.admin.topics([name])).get(name);
  if (info === undefined) throw new UsageError(`there is no topic "${name}": millrace topics lists them`);
  return info;
}
