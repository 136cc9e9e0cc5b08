import { metadataApi } from '@millrace/kafka-protocol/messages';
import type { Broker } from './broker.ts';

export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicMetadata {
  readonly errorCode: number;
  readonly name: string;
  /** Tells a topic from another one of the same name. */
  readonly id: string;
  readonly internal: boolean;
  /** The leader of each partition, by partition; -1 where there is none at present. */
  readonly leaders: readonly number[];
}

export interface Metadata {
  readonly brokers: readonly BrokerNode[];
  readonly topics: readonly TopicMetadata[];
}

/** What a broker says of the cluster and of some topics; of all of them for `null`. */
export async function askForMetadata(broker: Broker, names: readonly string[] | null): Promise<Metadata> {
  const { brokers, topics } = await broker.send(metadataApi, {
    topics: names && names.map((name) => ({ name })),
    allowAutoTopicCreation: false,
  });
  return {
    brokers,
    topics: topics.map(({ errorCode, name, topicId, isInternal, partitions }) => {
      const leaders: number[] = [];
      for (const { errorCode: failure, partitionIndex, leaderId } of partitions) {
        leaders[partitionIndex] = failure === 0 ? leaderId : -1;
      }
      return { errorCode, name: name ?? '', id: topicId, internal: isInternal, leaders };
    }),
  };
}
