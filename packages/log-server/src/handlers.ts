import { handleDescribeAcls } from './connection/security.ts';
import {
  handleConsumerGroupDescribe,
  handleDeleteGroups,
  handleDescribeGroups,
  handleListGroups,
} from './groups/describe.ts';
import {
  handleFindCoordinator,
  handleHeartbeat,
  handleJoinGroup,
  handleLeaveGroup,
  handleSyncGroup,
} from './groups/membership.ts';
import { handleOffsetCommit, handleOffsetDelete, handleOffsetFetch } from './groups/offsets.ts';
import type { Handler } from './handler.ts';
import { handleFetch } from './records/fetch.ts';
import { handleDeleteRecords, handleListOffsets, handleOffsetForLeaderEpoch } from './records/offsets.ts';
import { handleProduce } from './records/produce.ts';
import {
  handleAlterConfigs,
  handleDescribeConfigs,
  handleIncrementalAlterConfigs,
  handleListConfigResources,
} from './topics/configs.ts';
import { handleDescribeCluster, handleDescribeTopicPartitions, handleMetadata } from './topics/metadata.ts';
import {
  handleCreatePartitions,
  handleCreateTopics,
  handleDeleteTopics,
  handleDescribeLogDirs,
} from './topics/topics.ts';
import {
  handleDescribeProducers,
  handleDescribeTransactions,
  handleListTransactions,
} from './transactions/describe.ts';
import {
  handleAddOffsetsToTxn,
  handleAddPartitionsToTxn,
  handleEndTxn,
  handleInitProducerId,
  handleTxnOffsetCommit,
} from './transactions/transactions.ts';

const all: readonly Handler[] = [
  handleProduce,
  handleFetch,
  handleListOffsets,
  handleOffsetForLeaderEpoch,
  handleDeleteRecords,
  handleMetadata,
  handleDescribeCluster,
  handleDescribeTopicPartitions,
  handleCreateTopics,
  handleDeleteTopics,
  handleCreatePartitions,
  handleDescribeLogDirs,
  handleDescribeConfigs,
  handleAlterConfigs,
  handleIncrementalAlterConfigs,
  handleListConfigResources,
  handleFindCoordinator,
  handleJoinGroup,
  handleSyncGroup,
  handleHeartbeat,
  handleLeaveGroup,
  handleOffsetCommit,
  handleOffsetFetch,
  handleOffsetDelete,
  handleDescribeGroups,
  handleListGroups,
  handleDeleteGroups,
  handleConsumerGroupDescribe,
  handleInitProducerId,
  handleAddPartitionsToTxn,
  handleAddOffsetsToTxn,
  handleTxnOffsetCommit,
  handleEndTxn,
  handleDescribeProducers,
  handleDescribeTransactions,
  handleListTransactions,
  handleDescribeAcls,
];

/** What is served once a client has been let in, by the APIs' keys. */
export const handlers: ReadonlyMap<number, Handler> = new Map(all.map((one) => [one.api.key, one]));
