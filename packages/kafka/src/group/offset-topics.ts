import { byTopic, type OffsetCommit } from '@millrace/log-client';

/** Offsets as requests have them that commit some. */
export function offsetTopics(commits: readonly OffsetCommit[]) {
  return byTopic(commits).map(({ topic: name, entries }) => ({
    name,
    partitions: entries.map(({ partition, offset, metadata }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: metadata,
    })),
  }));
}
