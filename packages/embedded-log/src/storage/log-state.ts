import {
  didYouMean,
  type CommittedOffset,
  LogError,
  type OffsetCommit,
  parseTopicPartition,
  type TopicInfo,
  topicPartitionKey,
} from '@millrace/log-client';
import type {
  EndedTransaction,
  ForgottenOffsets,
  GroupOffsets,
  LogEvent,
  ProducerBatch,
  SwappedSegments,
  TopicConfigs,
  TopicCreated,
  TransactionalId,
} from '../format/log-event.ts';
import type { Run } from '../format/run.ts';
import { settingsOf, type TopicSettings } from '../topic-settings.ts';
import type { OpenFiles } from './segments/open-files.ts';
import { type AppendListener, PartitionLog } from './partition-log.ts';
import type { Segment } from './segments/segment.ts';

export interface TopicState extends TopicCreated {
  readonly settings: TopicSettings;
  readonly state: readonly PartitionLog[];
}

/** What is given out once in a log: its id, and the next numbers. */
export interface LogIdentity {
  readonly nextProducerId?: number;
  readonly transactional?: readonly TransactionalId[];
  readonly logId: string;
  readonly nextTopicId: number;
  readonly nextFileId: number;
}

/**
 * What the log holds, as its readers see it. It changes only by applying frames in their order, on the way of
 * a commit and in recovery alike.
 */
export class LogState {
  readonly logId: string;
  readonly topics = new Map<string, TopicState>();
  readonly #byId = new Map<number, TopicState>();
  readonly #byUuid = new Map<string, TopicState>();
  /** Committed offsets by group, then by topic id and partition. */
  readonly groups = new Map<string, Map<string, CommittedOffset>>();
  readonly #files: OpenFiles;
  nextTopicId: number;
  nextFileId: number;
  nextProducerId: number;
  /** Transactional ids of clients. */
  readonly transactional = new Map<string, TransactionalId>();
  /** The log is closed: nothing will change any more. */
  isClosed = false;
  /** How many of the applied events took something away whose space can be freed. */
  deletions = 0;

  constructor(files: OpenFiles, identity: LogIdentity) {
    const { logId, nextTopicId, nextFileId, nextProducerId = 1, transactional = [] } = identity;
    this.#files = files;
    this.logId = logId;
    this.nextTopicId = nextTopicId;
    this.nextFileId = nextFileId;
    this.nextProducerId = nextProducerId;
    for (const one of transactional) this.transactional.set(one.id, one);
  }

  /**
   * Applies what a frame says apart from its records, which come after it. `appendTime` is the frame's, in
   * milliseconds since the epoch.
   */
  apply(event: LogEvent, appendTime = 0): void {
    if (event.produced !== undefined) this.#produced(event.produced, appendTime);
    if (event.ended !== undefined) this.#end(event.ended);
    for (const one of event.transactional ?? []) this.transactional.set(one.id, one);
    this.nextProducerId = Math.max(this.nextProducerId, event.nextProducerId ?? 0);
    for (const created of event.created ?? []) {
      this.addTopic({ ...created, state: this.#partitions(created, 0, created.partitions) });
    }
    for (const [id, partitions] of event.grown ?? []) this.#grow(id, partitions);
    for (const [id, configs] of event.configured ?? []) this.#configure(id, configs);
    for (const [topicId, partition, offset] of event.starts ?? []) {
      this.partitionById(topicId, partition).moveStart(offset);
    }
    if (event.swapped !== undefined) this.#swap(event.swapped);
    if (event.offsets !== undefined) this.#commitOffsets(event.offsets);
    for (const offsets of event.moreOffsets ?? []) this.#commitOffsets(offsets);
    for (const forgotten of event.forgotten ?? []) this.#forget(forgotten);
    for (const id of event.deleted ?? []) this.#removeTopic(id);
    const { starts, deleted, swapped } = event;
    if (starts !== undefined || deleted !== undefined || swapped !== undefined) this.deletions++;
  }

  #commitOffsets({ group, commits }: GroupOffsets): void {
    const offsets = this.groupOffsets(group);
    for (const [topicId, partition, offset, metadata] of commits) {
      // Its topic may have gone since a client's transaction began.
      if (!this.#byId.has(topicId)) continue;
      offsets.set(topicPartitionKey(String(topicId), partition), { offset, metadata });
    }
  }

  #produced(batches: readonly ProducerBatch[], appendTime: number): void {
    const taken = new Map<PartitionLog, number>();
    for (const [
      topicId,
      partition,
      producerId,
      producerEpoch,
      baseSequence,
      count,
      transactional,
    ] of batches) {
      const log = this.partitionById(topicId, partition);
      const offset = taken.get(log) ?? log.end;
      taken.set(log, offset + count);
      const isTransactional = transactional === 1;
      const origin = { producerId, producerEpoch, baseSequence, count, isTransactional };
      log.producers.committed(origin, offset, appendTime);
    }
  }

  /** The control batch of a transaction that was aborted comes next in each of its partitions. */
  #end({ producerId, outcome, partitions }: EndedTransaction): void {
    for (const [topicId, partition] of partitions) {
      const log = this.#byId.get(topicId)?.state[partition];
      log?.producers.end(producerId, outcome === 'abort' ? log.end : undefined);
    }
  }

  /** Those who wait where a client's transaction has ended: more is committed there now. */
  waitingFor({ ended }: LogEvent): AppendListener[] {
    const partitions = ended?.partitions ?? [];
    return partitions.flatMap(([topicId, partition]) => [
      ...(this.#byId.get(topicId)?.state[partition]?.listeners ?? []),
    ]);
  }

  /** Takes in a run of batches; `written` are its bytes where it went straight to its segment. */
  append(run: Run, appendTime: number, written?: Buffer): Segment {
    this.nextFileId = Math.max(this.nextFileId, run.fileId + 1);
    return this.partitionById(run.topicId, run.partition).append(run, appendTime, written);
  }

  addTopic(added: Omit<TopicState, 'settings'>): void {
    const topic = { ...added, settings: settingsOf(added.configs) };
    for (const log of topic.state) log.settings = topic.settings;
    this.topics.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
    this.#byUuid.set(topic.uuid, topic);
    this.nextTopicId = Math.max(this.nextTopicId, topic.id + 1);
  }

  #grow(id: number, partitions: number): void {
    const topic = this.#byId.get(id);
    if (topic === undefined) return;
    const { state } = topic;
    this.addTopic({
      ...topic,
      partitions,
      state: [...state, ...this.#partitions(topic, state.length, partitions)],
    });
  }

  #partitions(topic: TopicCreated, from: number, to: number): PartitionLog[] {
    const files = this.#files;
    return Array.from(
      { length: to - from },
      (_, index) => new PartitionLog({ topic, partition: from + index, files }),
    );
  }

  #swap(swapped: SwappedSegments): void {
    for (const { fileId } of swapped.to) this.nextFileId = Math.max(this.nextFileId, fileId + 1);
    this.partitionById(swapped.topicId, swapped.partition).swap(swapped);
  }

  #configure(id: number, configs: TopicConfigs): void {
    const topic = this.#byId.get(id);
    if (topic !== undefined) this.addTopic({ ...topic, configs });
  }

  #forget({ group, partitions }: ForgottenOffsets): void {
    if (partitions === undefined) {
      this.groups.delete(group);
      return;
    }
    const offsets = this.groups.get(group);
    for (const [topicId, partition] of partitions) {
      offsets?.delete(topicPartitionKey(String(topicId), partition));
    }
    if (offsets?.size === 0) this.groups.delete(group);
  }

  #removeTopic(id: number): void {
    const topic = this.#byId.get(id);
    if (topic === undefined) return;
    this.#byId.delete(id);
    this.#byUuid.delete(topic.uuid);
    this.topics.delete(topic.name);
    for (const log of topic.state) {
      log.isDeleted = true;
      for (const segment of log.segments) segment.reader.release();
    }
    for (const offsets of this.groups.values()) {
      for (const { partition } of topic.state) offsets.delete(topicPartitionKey(String(id), partition));
    }
  }

  groupOffsets(group: string): Map<string, CommittedOffset> {
    let offsets = this.groups.get(group);
    if (offsets === undefined) {
      offsets = new Map();
      this.groups.set(group, offsets);
    }
    return offsets;
  }

  committed(group: string, topic: string, partition: number): CommittedOffset | undefined {
    const { id } = this.topic(topic);
    return this.groups.get(group)?.get(topicPartitionKey(String(id), partition));
  }

  /** All that a group has committed. */
  committedBy(group: string): OffsetCommit[] {
    return [...(this.groups.get(group) ?? [])].map(([key, committed]) => {
      const { topic: id, partition } = parseTopicPartition(key);
      return { topic: this.#byId.get(Number(id))!.name, partition, ...committed };
    });
  }

  /** Wakes all who wait for records, so that they find out that the log is closed. */
  close(): void {
    this.isClosed = true;
    for (const { state } of this.topics.values()) {
      for (const { listeners } of state) for (const listener of listeners) listener.onAppend();
    }
  }

  topicById(id: number): TopicState | undefined {
    return this.#byId.get(id);
  }

  topicByUuid(uuid: string): TopicState | undefined {
    return this.#byUuid.get(uuid);
  }

  /** @throws LogError `LOG_UNKNOWN_TOPIC` */
  topic(name: string): TopicState {
    const topic = this.topics.get(name);
    if (topic === undefined) {
      throw new LogError(
        'LOG_UNKNOWN_TOPIC',
        `There is no topic "${name}": create it with log.admin.createTopics([{ name: '${name}', partitions: 1 }])${didYouMean(name, this.topics.keys())}`,
      );
    }
    return topic;
  }

  /** @throws LogError `LOG_UNKNOWN_TOPIC` */
  partition(name: string, partition: number): PartitionLog {
    const topic = this.topic(name);
    const found = topic.state[partition];
    if (found === undefined) {
      throw new LogError(
        'LOG_UNKNOWN_TOPIC',
        `Topic "${name}" has ${topic.partitions} partitions; there is no partition ${partition}`,
      );
    }
    return found;
  }

  partitionById(topicId: number, partition: number): PartitionLog {
    const found = this.#byId.get(topicId)?.state[partition];
    if (found === undefined) {
      throw new LogError(
        'LOG_CORRUPT',
        `The journal names partition ${partition} of topic ${topicId}, which is unknown`,
      );
    }
    return found;
  }
}

export function infoOf({ name, uuid, formerId, partitions, configs }: TopicCreated): TopicInfo {
  return { name, id: formerId ?? uuid, partitions, configs };
}

/** What all groups have committed, as a checkpoint has it. */
export function groupOffsetsOf({ groups }: LogState): GroupOffsets[] {
  return [...groups].map(([group, offsets]) => ({
    group,
    commits: [...offsets].map(([key, { offset, metadata }]) => {
      const { topic, partition } = parseTopicPartition(key);
      return [Number(topic), partition, offset, metadata] as const;
    }),
  }));
}
