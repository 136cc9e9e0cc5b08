import { randomBytes } from 'node:crypto';
import { compressions, loadCodec } from '@millrace/kafka-protocol';
import {
  assertTopicName,
  type CommittedOffset,
  type CreateTopic,
  describedGroup,
  distinctTopics,
  type EffectiveConfigs,
  type GroupDescription,
  type GroupInfo,
  type GroupSnapshot,
  type LogAdmin,
  LogError,
  type NewPartitions,
  type OffsetAtTime,
  type OffsetsOptions,
  type TopicAlteration,
  type TopicInfo,
  type TopicPartition,
} from '@millrace/log-client';
import type { ForgottenOffsets, TopicConfigs, TopicCreated } from './format/log-event.ts';
import type { CommitWriter } from './storage/commit/commit-writer.ts';
import { infoOf, type LogState } from './storage/log-state.ts';
import type { PartitionLog } from './storage/partition-log.ts';
import { assertTopicSettings, effectiveConfigs } from './topic-settings.ts';

const maxPartitions = 10_000;

/** What an admin needs of the log's groups. */
export interface GroupsOfAdmin {
  /** `deleted` are the names of topics that are gone; others may have come, or have more partitions. */
  onTopicsChanged(deleted: ReadonlySet<string>): void;
  /** How many members each group has. */
  members(): ReadonlyMap<string, number>;
  /** The members of a group, in this process or over a protocol. */
  snapshot(group: string): GroupSnapshot;
}

/** Topics and offsets of an embedded log. Changes go through the journal like any commit. */
export class EmbeddedAdmin implements LogAdmin {
  readonly #state: LogState;
  readonly #writer: CommitWriter;
  readonly #groups: GroupsOfAdmin;

  constructor(state: LogState, writer: CommitWriter, groups: GroupsOfAdmin) {
    this.#state = state;
    this.#writer = writer;
    this.#groups = groups;
  }

  async groups(): Promise<GroupInfo[]> {
    const members = this.#groups.members();
    const names = new Set([...this.#state.groups.keys(), ...members.keys()]);
    return [...names].map((group) => ({
      group,
      members: members.get(group) ?? 0,
      committed: this.#state.committedBy(group),
    }));
  }

  async describeGroup(group: string): Promise<GroupDescription | undefined> {
    const snapshot = this.#groups.snapshot(group);
    if (snapshot.members.length === 0 && !this.#state.groups.has(group)) return undefined;
    return describedGroup(this, { group, ...snapshot }, this.#state.committedBy(group));
  }

  async topics(names?: readonly string[]): Promise<Map<string, TopicInfo>> {
    const infos = new Map<string, TopicInfo>();
    for (const topic of this.#state.topics.values()) {
      if (names === undefined || names.includes(topic.name)) infos.set(topic.name, infoOf(topic));
    }
    return infos;
  }

  async createTopics(topics: readonly CreateTopic[]): Promise<void> {
    for (const topic of topics) assertCreatable(topic);
    await loadCodecsOf(topics);
    const distinct = distinctTopics(topics);
    await this.#writer.submit(
      () => ({ event: { created: this.#missing(distinct) }, records: [], bytes: 0 }),
      {
        alone: true,
        bytes: 0,
      },
    );
    this.#groups.onTopicsChanged(new Set());
  }

  async createPartitions(topics: readonly NewPartitions[]): Promise<void> {
    const plan = () => ({
      event: { grown: topics.map((one) => this.#grown(one)) },
      records: [],
      bytes: 0,
    });
    await this.#writer.submit(plan, { alone: true, bytes: 0 });
    this.#groups.onTopicsChanged(new Set());
  }

  #grown({ name, partitions }: NewPartitions): readonly [id: number, partitions: number] {
    const topic = this.#state.topic(name);
    if (!Number.isInteger(partitions) || partitions <= topic.partitions || partitions > maxPartitions) {
      throw new LogError(
        'LOG_INVALID_TOPIC',
        `Topic "${name}" has ${topic.partitions} partitions and cannot have ${partitions}: use a larger whole number, ${maxPartitions} at most`,
      );
    }
    return [topic.id, partitions];
  }

  #missing(topics: readonly CreateTopic[]): TopicCreated[] {
    let { nextTopicId } = this.#state;
    const created: TopicCreated[] = [];
    for (const { name, partitions, configs = {} } of topics) {
      const existing = this.#state.topics.get(name);
      if (existing === undefined) {
        created.push({ id: nextTopicId++, uuid: newUuid(), name, partitions, configs });
      } else if (existing.partitions !== partitions) {
        throw new LogError(
          'LOG_TOPIC_EXISTS',
          `Topic "${name}" exists with ${existing.partitions} partitions, not ${partitions}: use that count, or delete the topic first`,
        );
      }
    }
    return created;
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    const plan = () => ({
      event: { deleted: names.map((name) => this.#state.topic(name).id) },
      records: [],
      bytes: 0,
    });
    await this.#writer.submit(plan, { alone: true, bytes: 0 });
    this.#groups.onTopicsChanged(new Set(names));
  }

  async offsets(
    partitions: readonly TopicPartition[],
    { awaitTransactions = false }: OffsetsOptions = {},
  ): Promise<{ start: number; end: number }[]> {
    const logs = partitions.map(({ topic, partition }) => this.#state.partition(topic, partition));
    // Only clients of the protocol have transactions that are open for a while.
    if (awaitTransactions) await Promise.all(logs.map((log) => this.#stableUpTo(log, log.end)));
    return logs.map(({ start, stableEnd: end }) => ({ start, end }));
  }

  /** Resolves once every transaction before an offset has ended. @throws LogError `LOG_CLOSED` */
  async #stableUpTo(log: PartitionLog, end: number): Promise<void> {
    while (log.stableEnd < end && !log.isDeleted) {
      if (this.#state.isClosed)
        throw new LogError('LOG_CLOSED', 'The log was closed before a transaction had ended');
      await new Promise<void>((resolve) => {
        const listener = {
          onAppend: () => {
            log.listeners.delete(listener);
            resolve();
          },
        };
        log.listeners.add(listener);
      });
    }
  }

  async committed(
    group: string,
    partitions: readonly TopicPartition[],
  ): Promise<(CommittedOffset | undefined)[]> {
    return partitions.map(({ topic, partition }) => this.#state.committed(group, topic, partition));
  }

  async alterTopics(alterations: readonly TopicAlteration[]): Promise<void> {
    await loadCodecsOf(alterations);
    const plan = () => ({
      event: {
        configured: alterations.map(({ name, configs }) => {
          const topic = this.#state.topic(name);
          const altered = withChanges(topic.configs, configs);
          assertTopicSettings(name, altered);
          return [topic.id, altered] as const;
        }),
      },
      records: [],
      bytes: 0,
    });
    await this.#writer.submit(plan, { alone: true, bytes: 0 });
  }

  async effectiveConfigs(names: readonly string[]): Promise<Map<string, EffectiveConfigs>> {
    return new Map(
      names.map((name) => {
        const { configs } = this.#state.topic(name);
        const all = Object.entries(effectiveConfigs(configs));
        const described = all.map(([config, value]) => [
          config,
          { value, isDefault: !Object.hasOwn(configs, config) },
        ]);
        return [name, Object.fromEntries(described)];
      }),
    );
  }

  async sizes(partitions: readonly TopicPartition[]): Promise<number[]> {
    return partitions.map(({ topic, partition }) => this.#state.partition(topic, partition).bytes);
  }

  async offsetsForTimes(
    at: readonly (TopicPartition & { readonly timestamp: number })[],
  ): Promise<(OffsetAtTime | undefined)[]> {
    const logs = at.map(({ topic, partition, timestamp }) => ({
      log: this.#state.partition(topic, partition),
      timestamp,
    }));
    const found: (OffsetAtTime | undefined)[] = [];
    for (const { log, timestamp } of logs) {
      const record = await log.firstAt(timestamp);
      found.push(record && { offset: record.offset, timestamp: record.timestamp });
    }
    return found;
  }

  async deleteGroups(names: readonly string[]): Promise<void> {
    await this.#forget(names.map((group) => ({ group })));
  }

  async deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    const ids = partitions.map(({ topic, partition }) => {
      const log = this.#state.partition(topic, partition);
      return [log.topicId, log.partition] as const;
    });
    await this.#forget([{ group, partitions: ids }]);
  }

  async #forget(forgotten: readonly ForgottenOffsets[]): Promise<void> {
    const plan = () => {
      const members = this.#groups.members();
      for (const { group } of forgotten) {
        if (!members.has(group)) continue;
        throw new LogError(
          'LOG_FENCED',
          `Group "${group}" has members: what it committed can be deleted only while it has none`,
        );
      }
      return { event: { forgotten }, records: [], bytes: 0 };
    };
    await this.#writer.submit(plan, { alone: true, bytes: 0 });
  }

  async deleteRecords(before: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    const plan = () => ({
      event: {
        starts: before.map(({ topic, partition, offset }) => {
          const log = this.#state.partition(topic, partition);
          return [log.topicId, log.partition, offset] as const;
        }),
      },
      records: [],
      bytes: 0,
    });
    await this.#writer.submit(plan, { alone: true, bytes: 0 });
  }
}

/** Codecs are there before the first batch is to be written. */
async function loadCodecsOf(
  topics: readonly { readonly configs?: TopicAlteration['configs'] }[],
): Promise<void> {
  for (const { configs } of topics) {
    const compression = compressions.find((one) => one === configs?.['compression.type']);
    if (compression !== undefined) await loadCodec(compression);
  }
}

/** Settings with some changed; null takes one away. */
function withChanges(before: TopicConfigs, changes: TopicAlteration['configs']): TopicConfigs {
  const merged = Object.entries({ ...before, ...changes });
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
}

function assertCreatable({ name, partitions, configs = {} }: CreateTopic): void {
  assertTopicName(name);
  assertTopicSettings(name, configs);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > maxPartitions) {
    throw new LogError(
      'LOG_INVALID_TOPIC',
      `Topic "${name}" cannot have ${partitions} partitions: use a whole number from 1 to ${maxPartitions}`,
    );
  }
}

/** 16 random bytes in base64url, as Kafka writes the ids of topics. */
function newUuid(): string {
  return randomBytes(16).toString('base64url');
}
