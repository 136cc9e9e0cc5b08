import {
  byTopic,
  assertTopicName,
  type CommittedOffset,
  type CreateTopic,
  describedGroup,
  distinctTopics,
  type EffectiveConfigs,
  type GroupDescription,
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
import {
  createPartitionsApi,
  createTopicsApi,
  deleteRecordsApi,
  deleteTopicsApi,
  errorCodes,
} from '@millrace/kafka-protocol/messages';
import { type Cluster, isAbsent, topicError } from './cluster/cluster.ts';
import type { TopicMetadata } from './cluster/metadata.ts';
import { assertOk, KafkaError } from './errors.ts';
import { KafkaGroups } from './groups.ts';
import { partitionSizes } from './partition-sizes.ts';
import { alterTopicConfigs, setValues, topicConfigs } from './topic-configs.ts';
import { isolationLevels, listOffsets, offsetsForTimes, specialTimes } from './list-offsets.ts';

const { readUncommitted, readCommitted } = isolationLevels;
const noOffset = -1;
/** The last version that names topics without their ids. */
const byNameOnly = 5;

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
    const configs = await topicConfigs(
      this.#cluster,
      visible.map(({ name }) => name),
    );
    return new Map(
      visible.map(({ name, id, leaders }) => [
        name,
        { name, id, partitions: leaders.length, configs: setValues(configs.get(name) ?? {}) },
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

  async effectiveConfigs(names: readonly string[]): Promise<Map<string, EffectiveConfigs>> {
    const there = new Set((await this.#describe(names)).map(({ name }) => name));
    const gone = names.find((name) => !there.has(name));
    if (gone !== undefined) throw new LogError('LOG_UNKNOWN_TOPIC', `There is no topic "${gone}"`);
    return topicConfigs(this.#cluster, names);
  }

  sizes(partitions: readonly TopicPartition[]): Promise<number[]> {
    return partitionSizes(this.#cluster, partitions);
  }

  async createTopics(topics: readonly CreateTopic[]): Promise<void> {
    for (const { name, partitions } of topics) {
      assertTopicName(name);
      if (partitions < 1) {
        throw new LogError('LOG_INVALID_TOPIC', `${name} cannot have ${partitions} partitions: one at least`);
      }
    }
    const { replicationFactor = -1, requestTimeoutMs: timeoutMs } = this.#cluster.options;
    const request = distinctTopics(topics).map(({ name, partitions, configs = {} }) => ({
      name,
      numPartitions: partitions,
      replicationFactor,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }));
    const created = await this.#cluster.retry('Creating topics', async () => {
      const { topics: results } = await this.#cluster.any((broker) =>
        broker.send(createTopicsApi, { topics: request, timeoutMs }),
      );
      for (const { name, errorCode, errorMessage } of results) {
        if (errorCode === errorCodes.TOPIC_ALREADY_EXISTS) continue;
        assertOk(errorCode, [name, errorMessage].filter(Boolean).join(': '));
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
    const request = topics.map(({ name, partitions: count }) => ({ name, count, assignments: null }));
    const { requestTimeoutMs: timeoutMs } = this.#cluster.options;
    await this.#cluster.retry('Adding partitions', async () => {
      const { results } = await this.#cluster.any((broker) =>
        broker.send(createPartitionsApi, { topics: request, validateOnly: false, timeoutMs }),
      );
      for (const { name, errorCode, errorMessage } of results) {
        assertOk(errorCode, [name, errorMessage].filter(Boolean).join(': '));
      }
    });
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
    const { requestTimeoutMs: timeoutMs } = this.#cluster.options;
    await this.#cluster.retry('Deleting topics', async () => {
      const { responses } = await this.#cluster.any((broker) =>
        broker.send(deleteTopicsApi, { topicNames: names, timeoutMs }, { newest: byNameOnly }),
      );
      for (const { name, errorCode } of responses) assertOk(errorCode, name ?? undefined);
    });
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
      ? await listOffsets(this.#cluster, partitions, specialTimes.latest, readUncommitted)
      : new Map<string, number>();
    const [starts, ends] = await Promise.all([
      listOffsets(this.#cluster, partitions, specialTimes.earliest, readCommitted),
      this.#cluster.retry('Waiting for transactions that are under way', async () => {
        const decided = await listOffsets(this.#cluster, partitions, specialTimes.latest, readCommitted);
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

  alterTopics(alterations: readonly TopicAlteration[]): Promise<void> {
    return alterTopicConfigs(this.#cluster, alterations);
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

  async describeGroup(group: string): Promise<GroupDescription | undefined> {
    const [snapshot, offsets] = [await this.#groups.snapshot(group), await this.#groups.offsets(group, null)];
    const committed = offsets.filter(({ offset }) => offset !== noOffset);
    if (snapshot.members.length === 0 && committed.length === 0) return undefined;
    return describedGroup(this, { group, ...snapshot }, committed);
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
    const { requestTimeoutMs: timeoutMs } = this.#cluster.options;
    await this.#cluster.retry('Deleting records', async () => {
      for (const [broker, list] of this.#cluster.byLeader(before)) {
        const topics = byTopic(list).map(({ topic: name, entries }) => ({
          name,
          partitions: entries.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
        }));
        const answer = await broker.send(deleteRecordsApi, { topics, timeoutMs });
        for (const { name, partitions } of answer.topics) {
          for (const { partitionIndex, errorCode } of partitions) {
            assertOk(errorCode, `${name}-${partitionIndex}`);
          }
        }
      }
    });
  }
}
