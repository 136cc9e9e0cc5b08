import {
  assertTopicName,
  type CommittedOffset,
  type CreateTopic,
  type GroupInfo,
  type LogAdmin,
  LogError,
  type NewPartitions,
  type OffsetAtTime,
  type OffsetsOptions,
  type TopicAlteration,
  type TopicInfo,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import { type Cluster, isAbsent, topicError } from './cluster/cluster.ts';
import { alterTopicsRequest } from './wire/alter-configs.ts';
import { byTopic } from './wire/by-topic.ts';
import { createTopicsRequest } from './wire/create-topics.ts';
import { assertOk, errorName, KafkaError } from './wire/error-codes.ts';
import type { TopicMetadata } from './wire/metadata.ts';
import { KafkaGroups } from './groups.ts';
import { offsetsForTimes } from './offsets-for-times.ts';
import { errorType } from './errors.ts';

const readUncommitted = 0;
const readCommitted = 1;
const earliest = -2;
const latest = -1;
const topicResource = 2;
/** What someone set for this very topic; the rest are the broker's defaults. */
const dynamicTopicConfig = 1;
const noOffset = -1;

/** Topics and offsets of a cluster. */
export class KafkaAdmin implements LogAdmin {
  readonly #cluster: Cluster;
  readonly #groups: KafkaGroups;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#groups = new KafkaGroups(cluster);
  }

  async topics(names?: readonly string[]): Promise<Map<string, TopicInfo>> {
    const found = await this.#describe(names ?? null);
    const visible = found.filter(({ internal }) => names !== undefined || !internal);
    const configs = await this.#configs(visible.map(({ name }) => name));
    return new Map(
      visible.map(({ name, id, leaders }) => [
        name,
        { name, id, partitions: leaders.length, configs: configs.get(name) ?? {} },
      ]),
    );
  }

  async #describe(names: readonly string[] | null): Promise<TopicMetadata[]> {
    if (names?.length === 0) return [];
    return this.#cluster.retry('Looking topics up', async () => {
      const { topics } = await this.#cluster.metadata(names);
      const there = topics.filter((topic) => !isAbsent(topic));
      const failed = there.find(({ errorCode }) => errorCode !== 0);
      if (failed !== undefined) throw topicError(failed);
      return there;
    });
  }

  async #configs(names: readonly string[]): Promise<Map<string, Record<string, string>>> {
    if (names.length === 0) return new Map();
    const resources = names.map((name) => ({ type: topicResource, name, configNames: [] as [] }));
    const answer = await this.#cluster.retry(
      'Reading settings of topics',
      () =>
        this.#cluster.any((broker) => broker.call('DescribeConfigs', { resources, includeSynonyms: false })),
      { alsoPassing: forSome(2000, isUnknownTopic) },
    );
    return new Map(
      answer.resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(
          configEntries
            .filter(({ configSource }) => configSource === dynamicTopicConfig)
            .map(({ configName, configValue }) => [configName, configValue ?? '']),
        ),
      ]),
    );
  }

  async createTopics(topics: readonly CreateTopic[]): Promise<void> {
    for (const { name, partitions } of topics) {
      assertTopicName(name);
      if (partitions < 1) {
        throw new LogError('LOG_INVALID_TOPIC', `${name} cannot have ${partitions} partitions: one at least`);
      }
    }
    const { replicationFactor = -1, requestTimeoutMs } = this.#cluster.options;
    const created = await this.#cluster.retry('Creating topics', async () => {
      const results = await this.#cluster.any((broker) =>
        broker.send(createTopicsRequest(topics, replicationFactor, requestTimeoutMs)),
      );
      for (const { name, errorCode, message } of results) {
        if (errorName(errorCode) === 'TOPIC_ALREADY_EXISTS') continue;
        assertOk(errorCode, [name, message].filter(Boolean).join(': '));
      }
      return results;
    });
    await this.#await(
      topics.map(({ name }) => name),
      true,
    );
    const existing = new Set(created.filter(({ errorCode }) => errorCode !== 0).map(({ name }) => name));
    for (const { name, partitions } of topics) {
      const known = this.#cluster.partitions(name);
      if (existing.has(name) && known !== partitions) {
        throw new LogError(
          'LOG_TOPIC_EXISTS',
          `Topic ${name} exists with ${known} partitions, not ${partitions}: delete it, or use another name`,
        );
      }
    }
  }

  async createPartitions(topics: readonly NewPartitions[]): Promise<void> {
    const topicPartitions = topics.map(({ name, partitions: count }) => ({ topic: name, count }));
    const { requestTimeoutMs: timeout } = this.#cluster.options;
    await this.#cluster.retry('Adding partitions', () =>
      this.#cluster.any((broker) =>
        broker.call('CreatePartitions', { topicPartitions, validateOnly: false, timeout }),
      ),
    );
    await this.#cluster.retry('Waiting for new partitions', async () => {
      const found = await this.#cluster.metadata(topics.map(({ name }) => name));
      for (const { name, partitions } of topics) {
        const { leaders = [] } = found.topics.find((topic) => topic.name === name) ?? {};
        if (leaders.length < partitions || leaders.includes(-1)) {
          throw new KafkaError('LEADER_NOT_AVAILABLE', name);
        }
      }
    });
  }

  /** A change of topics takes a moment to reach the broker that is asked. */
  async #await(names: readonly string[], there: boolean): Promise<void> {
    await this.#cluster.retry(
      there ? 'Waiting for new topics' : 'Waiting for topics to go',
      async () => {
        const { topics } = await this.#cluster.metadata(names);
        const wrong = topics.find(
          (topic) => (topic.errorCode === 0 && !topic.leaders.includes(-1)) !== there,
        );
        if (wrong !== undefined) throw new KafkaError('LEADER_NOT_AVAILABLE', wrong.name);
      },
      { timeoutMs: 30_000 },
    );
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    const { requestTimeoutMs: timeout } = this.#cluster.options;
    await this.#cluster.retry('Deleting topics', () =>
      this.#cluster.any((broker) => broker.call('DeleteTopics', { topics: names, timeout })),
    );
    await this.#await(names, false);
    for (const name of names) this.#cluster.forget(name);
  }

  async offsets(
    partitions: readonly TopicPartition[],
    { awaitTransactions = false }: OffsetsOptions = {},
  ): Promise<{ readonly start: number; readonly end: number }[]> {
    if (partitions.length === 0) return [];
    await this.#cluster.know(partitions);
    const written = awaitTransactions
      ? await this.#listOffsets(partitions, latest, readUncommitted)
      : new Map<string, number>();
    const [starts, ends] = await Promise.all([
      this.#listOffsets(partitions, earliest, readCommitted),
      this.#cluster.retry('Waiting for transactions that are under way', async () => {
        const decided = await this.#listOffsets(partitions, latest, readCommitted);
        const open = [...written].find(([key, end]) => decided.get(key)! < end);
        if (open !== undefined) throw new KafkaError('OFFSET_NOT_AVAILABLE', `${open[0]} has one`);
        return decided;
      }),
    ]);
    return partitions.map(({ topic, partition }) => {
      const key = topicPartitionKey(topic, partition);
      return { start: starts.get(key)!, end: ends.get(key)! };
    });
  }

  #listOffsets(
    partitions: readonly TopicPartition[],
    timestamp: number,
    isolationLevel: number,
  ): Promise<Map<string, number>> {
    return this.#cluster.retry('Reading offsets', async () => {
      const offsets = new Map<string, number>();
      for (const [broker, list] of await this.#cluster.byLeader(partitions)) {
        const topics = byTopic(list).map(({ topic, entries }) => ({
          topic,
          partitions: entries.map(({ partition }) => ({ partition, timestamp })),
        }));
        const { responses } = await broker.call('ListOffsets', {
          replicaId: -1,
          isolationLevel,
          topics,
        });
        for (const response of responses) {
          for (const { partition, offset } of response.partitions) {
            offsets.set(topicPartitionKey(response.topic, partition), Number(offset));
          }
        }
      }
      return offsets;
    });
  }

  async alterTopics(alterations: readonly TopicAlteration[]): Promise<void> {
    if (alterations.length === 0) return;
    await this.#cluster.retry('Changing settings of topics', async () => {
      const results = await this.#cluster.any((broker) => broker.send(alterTopicsRequest(alterations)));
      for (const { name, errorCode, message } of results) {
        assertOk(errorCode, [name, message].filter(Boolean).join(': '));
      }
    });
  }

  offsetsForTimes(
    at: readonly (TopicPartition & { readonly timestamp: number })[],
  ): Promise<(OffsetAtTime | undefined)[]> {
    return offsetsForTimes(this.#cluster, at);
  }

  deleteGroups(names: readonly string[]): Promise<void> {
    return this.#groups.delete(names);
  }

  deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    return this.#groups.deleteOffsets(group, partitions);
  }

  groups(): Promise<GroupInfo[]> {
    return this.#groups.list();
  }

  async committed(
    group: string,
    partitions: readonly TopicPartition[],
  ): Promise<(CommittedOffset | undefined)[]> {
    if (partitions.length === 0) return [];
    const offsets = await this.#groups.offsets(group, partitions);
    const found = new Map(
      offsets.map((offset) => [topicPartitionKey(offset.topic, offset.partition), offset] as const),
    );
    return partitions.map(({ topic, partition }) => {
      const known = found.get(topicPartitionKey(topic, partition));
      if (known === undefined || known.offset === noOffset) return undefined;
      return { offset: known.offset, metadata: known.metadata };
    });
  }

  async deleteRecords(before: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    if (before.length === 0) return;
    await this.#cluster.know(before);
    const { requestTimeoutMs: timeout } = this.#cluster.options;
    await this.#cluster.retry('Deleting records', async () => {
      for (const [broker, list] of await this.#cluster.byLeader(before)) {
        const topics = byTopic(list).map(({ topic, entries }) => ({
          topic,
          partitions: entries.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
        }));
        await broker.call('DeleteRecords', { topics, timeout });
      }
    });
  }
}

/** An error that passes, but not for ever: a topic may be gone for good. */
function forSome(ms: number, passes: (error: unknown) => boolean): (error: unknown) => boolean {
  const deadline = performance.now() + ms;
  return (error) => performance.now() < deadline && passes(error);
}

function isUnknownTopic(error: unknown): boolean {
  return errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
}
