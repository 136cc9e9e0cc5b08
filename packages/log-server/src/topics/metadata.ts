import type { TopicState } from '@millrace/embedded-log/raw';
import {
  describeClusterApi,
  describeTopicPartitionsApi,
  errorCodes,
  metadataApi,
  zeroUuid,
} from '@millrace/kafka-protocol/messages';
import { outcomeOf } from '../error-code.ts';
import { handler, nodeId, type RequestContext, type ServedLog } from '../handler.ts';

/** From this version on an empty list of topics asks for none, not for all. */
const emptyIsNone = 1;

function partitionOf(partitionIndex: number) {
  return {
    errorCode: errorCodes.NONE,
    partitionIndex,
    leaderId: nodeId,
    leaderEpoch: 0,
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
  };
}

function partitionsOf({ partitions }: TopicState) {
  return Array.from({ length: partitions }, (_, index) => partitionOf(index));
}

function describe(topic: TopicState) {
  return {
    errorCode: errorCodes.NONE,
    name: topic.name,
    topicId: topic.uuid,
    partitions: partitionsOf(topic),
  };
}

async function findOrCreate(
  log: ServedLog,
  name: string | null,
  { topicId, mayCreate }: { readonly topicId: string; readonly mayCreate: boolean },
) {
  if (name === null) {
    const found = log.raw.topicByUuid(topicId);
    if (found !== undefined) return describe(found);
    return { errorCode: errorCodes.UNKNOWN_TOPIC_ID, name, topicId, partitions: [] };
  }
  if (mayCreate && !log.raw.state.topics.has(name)) {
    const made = await outcomeOf(() => log.admin.createTopics([{ name, partitions: 1 }]));
    if (made.errorCode !== errorCodes.NONE) {
      return { errorCode: errorCodes.INVALID_TOPIC_EXCEPTION, name, topicId: zeroUuid, partitions: [] };
    }
  }
  const found = log.raw.state.topics.get(name);
  if (found !== undefined) return describe(found);
  return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, name, topicId: zeroUuid, partitions: [] };
}

export const handleMetadata = handler(metadataApi, async ({ topics, allowAutoTopicCreation }, context) => {
  const { log, version, host, port } = context;
  const mayCreate = allowAutoTopicCreation && log.options.autoCreateTopics;
  const wantsAll = topics === null || (version < emptyIsNone && topics.length === 0);
  return {
    brokers: [{ nodeId, host, port }],
    clusterId: log.raw.state.logId,
    controllerId: nodeId,
    topics: wantsAll
      ? [...log.raw.state.topics.values()].map(describe)
      : await Promise.all(topics.map(({ name, topicId }) => findOrCreate(log, name, { topicId, mayCreate }))),
  };
});

export const handleDescribeCluster = handler(
  describeClusterApi,
  (_, { log, host, port }: RequestContext) => ({
    errorCode: errorCodes.NONE,
    clusterId: log.raw.state.logId,
    controllerId: nodeId,
    brokers: [{ brokerId: nodeId, host, port }],
  }),
);

export const handleDescribeTopicPartitions = handler(
  describeTopicPartitionsApi,
  async ({ topics, responsePartitionLimit, cursor }, { log }) => {
    const first = cursor?.topicName ?? '';
    const names = topics.map(({ name }) => name).toSorted();
    const described = [];
    let left = responsePartitionLimit;
    for (const name of names.filter((one) => one >= first)) {
      const found = await findOrCreate(log, name, { topicId: zeroUuid, mayCreate: false });
      const from = name === first ? (cursor?.partitionIndex ?? 0) : 0;
      const partitions = found.partitions.slice(from, from + left);
      if (partitions.length === 0 && found.partitions.length > from) {
        return { topics: described, nextCursor: { topicName: name, partitionIndex: from } };
      }
      left -= partitions.length;
      // Java clients expect these lists, empty as they are.
      const noReplicas = { eligibleLeaderReplicas: [], lastKnownElr: [] };
      described.push({ ...found, partitions: partitions.map((one) => ({ ...one, ...noReplicas })) });
      if (from + partitions.length < found.partitions.length) {
        const partitionIndex = from + partitions.length;
        return { topics: described, nextCursor: { topicName: name, partitionIndex } };
      }
    }
    return { topics: described };
  },
);
