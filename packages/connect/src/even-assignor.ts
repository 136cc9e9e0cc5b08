import {
  type Assignment,
  type Assignor,
  parseTopicPartition,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';

/** Each member gets as many partitions as the others, or one more, and keeps of its own what it may. */
export const evenAssignor: Assignor = {
  name: 'even',
  assign(members, counts): Assignment {
    const all = [...counts].flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => topicPartitionKey(topic, partition)),
    );
    const ids = members.map(({ id }) => id).toSorted();
    const free = new Set(all);
    const shares = new Map<string, string[]>(ids.map((id) => [id, []]));
    const [least, more] = [Math.floor(all.length / ids.length), all.length % ids.length];
    let withMore = 0;
    for (const { id, owned } of members) {
      for (const { topic, partition } of owned) {
        const key = topicPartitionKey(topic, partition);
        const share = shares.get(id)!;
        const isLast = share.length === least;
        if (!free.has(key) || share.length > least || (isLast && withMore === more)) continue;
        if (isLast) withMore++;
        free.delete(key);
        share.push(key);
      }
    }
    for (const key of free) {
      const smallest = ids.toSorted((a, b) => shares.get(a)!.length - shares.get(b)!.length)[0]!;
      shares.get(smallest)!.push(key);
    }
    return new Map(
      [...shares].map(([id, keys]): [string, TopicPartition[]] => [id, keys.map(parseTopicPartition)]),
    );
  },
};
