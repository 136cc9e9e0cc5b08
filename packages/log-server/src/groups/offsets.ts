import { type GroupOffsets, Refusal } from '@millrace/embedded-log/raw';
import {
  errorCodes,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi,
} from '@millrace/kafka-protocol/messages';
import { parseTopicPartition, topicPartitionKey } from '@millrace/log-client';
import { outcomeOf, failureOf } from '../error-code.ts';
import { handler, type ServedLog } from '../handler.ts';

/** From this version on several groups are asked for at once. */
const listOfGroups = 8;
const nothingCommitted = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '' } as const;
/** Kafka's limit, in bytes. */
const maxMetadataBytes = 1 << 20;

interface CommitTopics {
  readonly name: string;
  readonly partitions: readonly {
    readonly partitionIndex: number;
    readonly committedOffset: number;
    readonly committedMetadata: string | null;
  }[];
}

type Result = readonly {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
}[];

/**
 * Sorts what a client commits into what the log takes and what it refuses, and has `commit` do it; the result
 * of each partition.
 */
export async function commitOffsets(
  log: ServedLog,
  group: string,
  topics: readonly CommitTopics[],
  commit: (offsets: GroupOffsets) => unknown,
): Promise<Result> {
  const commits: GroupOffsets['commits'][number][] = [];
  const refused = new Map<string, number>();
  for (const { name, partitions } of topics) {
    const topic = log.raw.state.topics.get(name);
    for (const { partitionIndex, committedOffset, committedMetadata } of partitions) {
      const metadata = committedMetadata ?? '';
      if (topic?.state[partitionIndex] === undefined) {
        refused.set(topicPartitionKey(name, partitionIndex), errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
      } else if (Buffer.byteLength(metadata) > maxMetadataBytes) {
        refused.set(topicPartitionKey(name, partitionIndex), errorCodes.OFFSET_METADATA_TOO_LARGE);
      } else commits.push([topic.id, partitionIndex, committedOffset, metadata]);
    }
  }
  const { errorCode } = await outcomeOf(() => commit({ group, commits }));
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode: refused.get(topicPartitionKey(name, partitionIndex)) ?? errorCode,
    })),
  }));
}

export const handleOffsetCommit = handler(offsetCommitApi, async (request, { log }) => {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId, topics } = request;
  const caller = { memberId, groupInstanceId, generationId };
  const done = await commitOffsets(log, groupId, topics, (offsets) =>
    log.raw.commitOffsets(offsets, () => {
      if (log.raw.nativeMembers(groupId) > 0) throw new Refusal('UNKNOWN_MEMBER_ID', groupId);
      // At its turn: the group may have gone on meanwhile.
      log.groups.group(groupId).assertMayCommit(caller, { isTransactional: false });
    }),
  );
  return { topics: done };
});

interface WantedTopic {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

function committed(
  log: ServedLog,
  group: string,
  topics: readonly WantedTopic[] | null,
  requireStable: boolean,
) {
  const { state, transactions } = log.raw;
  return (topics ?? committedTopics(log, group)).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      const topic = state.topics.get(name);
      const found = topic && state.committed(group, name, partitionIndex);
      const errorCode: number = errorCodes.NONE;
      if (topic !== undefined && requireStable && transactions.willCommit(group, topic.id, partitionIndex)) {
        return { partitionIndex, ...nothingCommitted, errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT };
      }
      if (found === undefined) return { partitionIndex, ...nothingCommitted, errorCode };
      return { partitionIndex, committedOffset: found.offset, metadata: found.metadata, errorCode };
    }),
  }));
}

/** All that a group has committed. */
function committedTopics({ raw }: ServedLog, group: string): WantedTopic[] {
  const topics = new Map<string, number[]>();
  for (const [key] of raw.state.groups.get(group) ?? []) {
    const { topic: id, partition } = parseTopicPartition(key);
    const { name } = raw.state.topicById(Number(id))!;
    topics.set(name, [...(topics.get(name) ?? []), partition]);
  }
  return [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes }));
}

export const handleOffsetFetch = handler(
  offsetFetchApi,
  ({ groupId, topics, groups, requireStable }, { log, version }) => {
    if (version < listOfGroups) return { topics: committed(log, groupId, topics, requireStable) };
    return {
      groups: groups.map(({ groupId: group, topics: wanted }) => ({
        groupId: group,
        topics: committed(log, group, wanted, requireStable),
      })),
    };
  },
);

export const handleOffsetDelete = handler(offsetDeleteApi, async ({ groupId, topics }, { log }) => {
  if (!log.groups.exists(groupId)) return { errorCode: errorCodes.GROUP_ID_NOT_FOUND, topics: [] };
  // Kafka forgets offsets of topics that no member subscribes to; subscriptions are opaque here.
  if ((log.groups.known(groupId)?.size ?? 0) > 0)
    return { errorCode: errorCodes.NON_EMPTY_GROUP, topics: [] };
  const deleted = topics.map(async ({ name, partitions }) => ({
    name,
    partitions: await Promise.all(
      partitions.map(async ({ partitionIndex }) => {
        try {
          await log.admin.deleteOffsets(groupId, [{ topic: name, partition: partitionIndex }]);
          return { partitionIndex, errorCode: errorCodes.NONE };
        } catch (error) {
          return { partitionIndex, errorCode: failureOf(error).errorCode };
        }
      }),
    ),
  }));
  return { errorCode: errorCodes.NONE, topics: await Promise.all(deleted) };
});
