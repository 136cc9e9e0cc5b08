import {
  type CommittedOffset,
  LogError,
  type OffsetCommit,
  parseTopicPartition,
  type TopicInfo,
  topicPartitionKey,
} from '@millrace/log-client';
import type { FramedBatch } from '../format/frame.ts';
import type { LogEvent, TopicCreated } from '../format/log-event.ts';
import { PartitionLog } from './partition-log.ts';

export interface TopicState extends TopicCreated {
  readonly state: readonly PartitionLog[];
}

/**
 * What the log holds, as its readers see it. It changes only by applying frames in their order, on the way of
 * a commit and in recovery alike.
 */
export class LogState {
  readonly logId: string;
  readonly topics = new Map<string, TopicState>();
  readonly #byId = new Map<number, TopicState>();
  /** Committed offsets by group, then by topic id and partition. */
  readonly groups = new Map<string, Map<string, CommittedOffset>>();
  nextTopicId: number;
  /** How many of the applied events took something away whose space can be freed. */
  deletions = 0;

  constructor(logId: string, nextTopicId: number) {
    this.logId = logId;
    this.nextTopicId = nextTopicId;
  }

  apply(event: LogEvent, batches: readonly FramedBatch[]): void {
    for (const created of event.created ?? []) {
      const partitions = Array.from(
        { length: created.partitions },
        (_, partition) => new PartitionLog({ topic: created, partition }),
      );
      this.addTopic({ ...created, state: partitions });
    }
    for (const [id, partitions] of event.grown ?? []) this.#grow(id, partitions);
    for (const batch of batches) this.partitionById(batch.topicId, batch.partition).append(batch);
    for (const [topicId, partition, offset] of event.starts ?? []) {
      this.partitionById(topicId, partition).moveStart(offset);
    }
    if (event.offsets !== undefined) {
      const offsets = this.groupOffsets(event.offsets.group);
      for (const [topicId, partition, offset, metadata] of event.offsets.commits) {
        offsets.set(topicPartitionKey(String(topicId), partition), { offset, metadata });
      }
    }
    for (const id of event.deleted ?? []) this.#removeTopic(id);
    if (event.starts !== undefined || event.deleted !== undefined) this.deletions++;
  }

  addTopic(topic: TopicState): void {
    this.topics.set(topic.name, topic);
    this.#byId.set(topic.id, topic);
    this.nextTopicId = Math.max(this.nextTopicId, topic.id + 1);
  }

  #grow(id: number, partitions: number): void {
    const topic = this.#byId.get(id);
    if (topic === undefined) return;
    const { state } = topic;
    const added = Array.from(
      { length: partitions - state.length },
      (_, index) => new PartitionLog({ topic, partition: state.length + index }),
    );
    this.addTopic({ ...topic, partitions, state: [...state, ...added] });
  }

  #removeTopic(id: number): void {
    const topic = this.#byId.get(id);
    if (topic === undefined) return;
    this.#byId.delete(id);
    this.topics.delete(topic.name);
    for (const log of topic.state) log.isDeleted = true;
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

  /** @throws LogError `LOG_UNKNOWN_TOPIC` */
  topic(name: string): TopicState {
    const topic = this.topics.get(name);
    if (topic === undefined) {
      throw new LogError(
        'LOG_UNKNOWN_TOPIC',
        `There is no topic "${name}": create it with log.admin.createTopics([{ name: '${name}', partitions: 1 }])`,
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

  info(topic: TopicState): TopicInfo {
    const { name, id, partitions, configs } = topic;
    return { name, id: `${this.logId}-${id}`, partitions, configs };
  }
}
