import type {
  GroupDescription,
  GroupMemberInfo,
  GroupPartition,
  GroupState,
  LogAdmin,
  OffsetCommit,
} from './log-client.ts';
import { type TopicPartition, topicPartitionKey } from './topic-partition.ts';

/** What a group's coordinator knows at one moment. */
export interface GroupSnapshot {
  readonly state: GroupState;
  readonly members: readonly GroupMemberInfo[];
}

/** A group's description: what its coordinator knows, what it has committed, and where partitions end. */
export async function describedGroup(
  admin: Pick<LogAdmin, 'topics' | 'offsets'>,
  { group, state, members }: GroupSnapshot & { readonly group: string },
  committed: readonly OffsetCommit[],
): Promise<GroupDescription> {
  const owners = new Map<string, string>();
  for (const { id, partitions } of members) {
    for (const { topic, partition } of partitions) owners.set(topicPartitionKey(topic, partition), id);
  }
  const offsets = new Map(
    committed.map(({ topic, partition, offset }) => [topicPartitionKey(topic, partition), offset]),
  );
  const named = [...members.flatMap(({ partitions }) => partitions), ...committed];
  const all = new Map(
    named.map(({ topic, partition }) => [topicPartitionKey(topic, partition), { topic, partition }]),
  );
  const topics = await admin.topics([...new Set(named.map(({ topic }) => topic))]);
  const there = [...all.values()]
    .filter(({ topic, partition }) => partition < (topics.get(topic)?.partitions ?? 0))
    .sort(byName);
  const ranges = await admin.offsets(there);
  const partitions = there.map(({ topic, partition }, index): GroupPartition => {
    const key = topicPartitionKey(topic, partition);
    const { end } = ranges[index]!;
    const offset = offsets.get(key);
    const lag = offset === undefined ? undefined : Math.max(0, end - offset);
    return { topic, partition, committed: offset, end, lag, memberId: owners.get(key) };
  });
  return { group, state, members, partitions };
}

function byName(a: TopicPartition, b: TopicPartition): number {
  return (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition;
}
