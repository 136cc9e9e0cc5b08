/**
 * The requests that kafkajs encodes for us: what each is given and what it answers. Numbers beyond 2^31 come
 * as texts.
 */
export interface KafkajsRequests {
  GroupCoordinator: {
    args: { readonly groupId: string; readonly coordinatorType: number };
    result: {
      readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
    };
  };
  InitProducerId: {
    args: { readonly transactionalId: string | null; readonly transactionTimeout: number };
    result: { readonly producerId: string; readonly producerEpoch: number };
  };
  AddPartitionsToTxn: {
    args: Transaction & {
      readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
    };
    result: unknown;
  };
  AddOffsetsToTxn: { args: Transaction & { readonly groupId: string }; result: unknown };
  EndTxn: { args: Transaction & { readonly transactionResult: boolean }; result: unknown };
  JoinGroup: {
    args: {
      readonly groupId: string;
      readonly sessionTimeout: number;
      readonly rebalanceTimeout: number;
      readonly memberId: string;
      readonly groupInstanceId: string | null;
      readonly protocolType: string;
      readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
    };
    result: {
      readonly generationId: number;
      readonly leaderId: string;
      readonly memberId: string;
      readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
    };
  };
  SyncGroup: {
    args: Member & {
      readonly generationId: number;
      readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
    };
    result: { readonly memberAssignment: Buffer };
  };
  Heartbeat: { args: Member & { readonly groupGenerationId: number }; result: unknown };
  LeaveGroup: { args: Member; result: unknown };
  OffsetCommit: {
    args: {
      readonly groupId: string;
      readonly groupGenerationId: number;
      readonly memberId: string;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly {
          readonly partition: number;
          readonly offset: string;
          readonly metadata: string;
        }[];
      }[];
    };
    result: unknown;
  };
  ListOffsets: {
    args: {
      readonly replicaId: number;
      readonly isolationLevel: number;
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
      }[];
    };
    result: {
      readonly responses: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
      }[];
    };
  };
  CreatePartitions: {
    args: {
      readonly topicPartitions: readonly { readonly topic: string; readonly count: number }[];
      readonly validateOnly: boolean;
      readonly timeout: number;
    };
    result: unknown;
  };
  DeleteTopics: { args: { readonly topics: readonly string[]; readonly timeout: number }; result: unknown };
  DeleteRecords: {
    args: {
      readonly topics: readonly {
        readonly topic: string;
        readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
      }[];
      readonly timeout: number;
    };
    result: unknown;
  };
  DescribeConfigs: {
    args: {
      readonly resources: readonly {
        readonly type: number;
        readonly name: string;
        readonly configNames: [];
      }[];
      readonly includeSynonyms: boolean;
    };
    result: {
      readonly resources: readonly {
        readonly resourceName: string;
        readonly configEntries: readonly {
          readonly configName: string;
          readonly configValue: string | null;
          readonly configSource: number;
        }[];
      }[];
    };
  };
  DescribeGroups: {
    args: { readonly groupIds: readonly string[] };
    result: {
      readonly groups: readonly {
        readonly groupId: string;
        readonly state: string;
        readonly members: readonly unknown[];
      }[];
    };
  };
  ListGroups: { args: undefined; result: { readonly groups: readonly { readonly groupId: string }[] } };
}

interface Transaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

interface Member {
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}
