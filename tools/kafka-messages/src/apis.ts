/** An API that is generated: the versions, in which folder. */
export interface GeneratedApi {
  readonly name: string;
  readonly room: string;
  readonly min: number;
  readonly max: number;
}

type Versions = readonly [min: number, max: number];

// Each room's APIs with the oldest version that a client we know asks for and the newest that we serve.
// Left out: Produce 12 and EndTxn 5 (transactions without AddPartitionsToTxn), AddPartitionsToTxn 4 and
// InitProducerId 6 (between brokers, two-phase commit), OffsetCommit and OffsetFetch 10 (topic ids).
const rooms: Readonly<Record<string, Readonly<Record<string, Versions>>>> = {
  connection: {
    ApiVersions: [0, 4],
    DescribeAcls: [1, 3],
    DescribeCluster: [0, 1],
    SaslAuthenticate: [0, 2],
    SaslHandshake: [0, 1],
  },
  records: {
    DeleteRecords: [0, 2],
    Fetch: [4, 17],
    ListOffsets: [1, 9],
    OffsetForLeaderEpoch: [2, 4],
    Produce: [3, 11],
  },
  topics: {
    AlterConfigs: [0, 2],
    CreatePartitions: [0, 3],
    CreateTopics: [2, 7],
    DeleteTopics: [1, 6],
    DescribeConfigs: [1, 4],
    DescribeLogDirs: [1, 4],
    DescribeTopicPartitions: [0, 0],
    IncrementalAlterConfigs: [0, 1],
    ListConfigResources: [0, 1],
    Metadata: [0, 12],
  },
  groups: {
    ConsumerGroupDescribe: [0, 1],
    DeleteGroups: [0, 2],
    DescribeGroups: [0, 6],
    FindCoordinator: [0, 6],
    Heartbeat: [0, 4],
    JoinGroup: [0, 9],
    LeaveGroup: [0, 5],
    ListGroups: [0, 5],
    OffsetCommit: [2, 9],
    OffsetDelete: [0, 0],
    OffsetFetch: [1, 9],
    SyncGroup: [0, 5],
  },
  transactions: {
    AddOffsetsToTxn: [0, 4],
    AddPartitionsToTxn: [0, 3],
    DescribeProducers: [0, 0],
    DescribeTransactions: [0, 0],
    EndTxn: [0, 4],
    InitProducerId: [0, 5],
    ListTransactions: [0, 2],
    TxnOffsetCommit: [0, 4],
  },
};

export const generatedApis: readonly GeneratedApi[] = Object.entries(rooms).flatMap(([room, apis]) =>
  Object.entries(apis).map(([name, [min, max]]) => ({ name, room, min, max })),
);
