import {
  type Assignment,
  type AssignorMember,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';

/**
 * What each member may have now of what it is to have: a partition that another member still owns goes to
 * nobody until that member has given it up, and comes with the next rebalance. Partitions that stay where
 * they are never pause.
 */
export function cooperativeAssignment(
  target: Assignment,
  members: readonly AssignorMember[],
): Map<string, readonly TopicPartition[]> {
  const owners = new Map<string, string>();
  for (const { id, owned } of members) {
    for (const { topic, partition } of owned) owners.set(topicPartitionKey(topic, partition), id);
  }
  const isFree = (id: string) => {
    return ({ topic, partition }: TopicPartition): boolean => {
      const owner = owners.get(topicPartitionKey(topic, partition));
      return owner === undefined || owner === id;
    };
  };
  return new Map(members.map(({ id }) => [id, (target.get(id) ?? []).filter(isFree(id))]));
}
