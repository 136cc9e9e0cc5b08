export {
  apiVersionsApi,
  type ApiVersionsRequest,
  type ApiVersionsResponse,
} from './connection/api-versions.ts';
export {
  describeAclsApi,
  type DescribeAclsRequest,
  type DescribeAclsResponse,
} from './connection/describe-acls.ts';
export {
  describeClusterApi,
  type DescribeClusterRequest,
  type DescribeClusterResponse,
} from './connection/describe-cluster.ts';
export {
  saslAuthenticateApi,
  type SaslAuthenticateRequest,
  type SaslAuthenticateResponse,
} from './connection/sasl-authenticate.ts';
export {
  saslHandshakeApi,
  type SaslHandshakeRequest,
  type SaslHandshakeResponse,
} from './connection/sasl-handshake.ts';
export {
  deleteRecordsApi,
  type DeleteRecordsRequest,
  type DeleteRecordsResponse,
} from './records/delete-records.ts';
export { fetchApi, type FetchRequest, type FetchResponse } from './records/fetch.ts';
export { listOffsetsApi, type ListOffsetsRequest, type ListOffsetsResponse } from './records/list-offsets.ts';
export {
  offsetForLeaderEpochApi,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from './records/offset-for-leader-epoch.ts';
export { produceApi, type ProduceRequest, type ProduceResponse } from './records/produce.ts';
export {
  alterConfigsApi,
  type AlterConfigsRequest,
  type AlterConfigsResponse,
} from './topics/alter-configs.ts';
export {
  createPartitionsApi,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
} from './topics/create-partitions.ts';
export {
  createTopicsApi,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
} from './topics/create-topics.ts';
export {
  deleteTopicsApi,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
} from './topics/delete-topics.ts';
export {
  describeConfigsApi,
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
} from './topics/describe-configs.ts';
export {
  describeLogDirsApi,
  type DescribeLogDirsRequest,
  type DescribeLogDirsResponse,
} from './topics/describe-log-dirs.ts';
export {
  describeTopicPartitionsApi,
  type DescribeTopicPartitionsRequest,
  type DescribeTopicPartitionsResponse,
} from './topics/describe-topic-partitions.ts';
export {
  incrementalAlterConfigsApi,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
} from './topics/incremental-alter-configs.ts';
export {
  listConfigResourcesApi,
  type ListConfigResourcesRequest,
  type ListConfigResourcesResponse,
} from './topics/list-config-resources.ts';
export { metadataApi, type MetadataRequest, type MetadataResponse } from './topics/metadata.ts';
export {
  consumerGroupDescribeApi,
  type ConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeResponse,
} from './groups/consumer-group-describe.ts';
export {
  deleteGroupsApi,
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
} from './groups/delete-groups.ts';
export {
  describeGroupsApi,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
} from './groups/describe-groups.ts';
export {
  findCoordinatorApi,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
} from './groups/find-coordinator.ts';
export { heartbeatApi, type HeartbeatRequest, type HeartbeatResponse } from './groups/heartbeat.ts';
export { joinGroupApi, type JoinGroupRequest, type JoinGroupResponse } from './groups/join-group.ts';
export { leaveGroupApi, type LeaveGroupRequest, type LeaveGroupResponse } from './groups/leave-group.ts';
export { listGroupsApi, type ListGroupsRequest, type ListGroupsResponse } from './groups/list-groups.ts';
export {
  offsetCommitApi,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
} from './groups/offset-commit.ts';
export {
  offsetDeleteApi,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
} from './groups/offset-delete.ts';
export { offsetFetchApi, type OffsetFetchRequest, type OffsetFetchResponse } from './groups/offset-fetch.ts';
export { syncGroupApi, type SyncGroupRequest, type SyncGroupResponse } from './groups/sync-group.ts';
export {
  addOffsetsToTxnApi,
  type AddOffsetsToTxnRequest,
  type AddOffsetsToTxnResponse,
} from './transactions/add-offsets-to-txn.ts';
export {
  addPartitionsToTxnApi,
  type AddPartitionsToTxnRequest,
  type AddPartitionsToTxnResponse,
} from './transactions/add-partitions-to-txn.ts';
export {
  describeProducersApi,
  type DescribeProducersRequest,
  type DescribeProducersResponse,
} from './transactions/describe-producers.ts';
export {
  describeTransactionsApi,
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponse,
} from './transactions/describe-transactions.ts';
export { endTxnApi, type EndTxnRequest, type EndTxnResponse } from './transactions/end-txn.ts';
export {
  initProducerIdApi,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
} from './transactions/init-producer-id.ts';
export {
  listTransactionsApi,
  type ListTransactionsRequest,
  type ListTransactionsResponse,
} from './transactions/list-transactions.ts';
export {
  txnOffsetCommitApi,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
} from './transactions/txn-offset-commit.ts';
