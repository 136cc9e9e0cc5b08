import type { MemberAssignment } from '@millrace/kafka-protocol/messages';
import {
  type GroupGeneration,
  type GroupMember,
  type GroupOptions,
  LogError,
  type OffsetCommit,
  type PollOptions,
  type RecordBatch,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import { Cluster } from '../cluster/cluster.ts';
import type { ResolvedKafkaOptions } from '../options.ts';
import { KafkaReader } from '../reader/kafka-reader.ts';
import { GroupSession, isUnknownMember } from './group-session.ts';

/**
 * A member of a consumer group. It says that it is alive from a timer, however long a batch takes, for as
 * long as it is polled often enough; it joins again in the background, and gives up or takes over partitions
 * within `poll`.
 */
export class KafkaMember implements GroupMember {
  readonly #group: GroupOptions;
  readonly #reader: KafkaReader;
  readonly #joining: Cluster;
  readonly #session: GroupSession;
  readonly #heartbeats: NodeJS.Timeout;
  readonly #owned = new Map<string, TopicPartition>();
  #joined: MemberAssignment | undefined;
  #isJoining = false;
  #mustJoin = true;
  /** Fenced: its partitions are lost. */
  #isOut = false;
  #beating = false;
  #failure: unknown;
  #lastPollAt = performance.now();
  #isPolling = false;
  #closed = false;

  /** `cluster` is for short requests; what waits gets connections of its own. */
  constructor(group: GroupOptions, options: ResolvedKafkaOptions, cluster: Cluster) {
    this.#group = group;
    this.#reader = new KafkaReader(new Cluster(options));
    this.#joining = new Cluster(options);
    this.#session = new GroupSession(group, cluster, this.#joining);
    const intervalMs = Math.min(options.heartbeatIntervalMs, Math.ceil(group.maxPollIntervalMs / 2));
    this.#heartbeats = setInterval(() => {
      this.#beat().catch((error: unknown) => {
        this.#failure = error;
      });
    }, intervalMs);
    this.#heartbeats.unref();
  }

  get generation(): GroupGeneration {
    return this.#session.generation;
  }

  async poll(options: PollOptions): Promise<RecordBatch[]> {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This member has left its group');
    this.#isPolling = true;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOut) await this.#lose();
      if (this.#joined !== undefined) await this.#settle(this.#joined);
      if (this.#mustJoin && !this.#isJoining) {
        this.#join().catch((error: unknown) => {
          this.#failure = error;
        });
      }
      return await this.#reader.poll(options);
    } finally {
      this.#isPolling = false;
      this.#lastPollAt = performance.now();
    }
  }

  async #join(): Promise<void> {
    this.#isJoining = true;
    this.#mustJoin = false;
    try {
      this.#joined = await this.#session.join([...this.#owned.values()]);
    } catch (error) {
      if (isUnknownMember(error)) this.#isOut = true;
      else if (!this.#closed) this.#failure = error;
    } finally {
      this.#isJoining = false;
      this.#reader.interrupt();
    }
  }

  /** The group has gone on without this member: it drops what it had, and joins as a new one. */
  async #lose(): Promise<void> {
    this.#isOut = false;
    this.#joined = undefined;
    this.#session.forget();
    this.#mustJoin = true;
    const lost = [...this.#owned.values()];
    this.#owned.clear();
    for (const partition of lost) this.#reader.remove(partition);
    if (lost.length > 0) await this.#group.onLost(lost);
  }

  /** Gives up the partitions that were revoked, then takes the new ones. */
  async #settle({ partitions, userData }: MemberAssignment): Promise<void> {
    this.#joined = undefined;
    if (userData !== undefined) this.#group.onUserData?.(userData);
    const wanted = new Map(partitions.map((one) => [topicPartitionKey(one.topic, one.partition), one]));
    const going = [...this.#owned].filter(([key]) => !wanted.has(key));
    if (going.length > 0) {
      await this.#group.onRevoked(going.map(([, partition]) => partition));
      for (const [key, partition] of going) {
        this.#owned.delete(key);
        this.#reader.remove(partition);
      }
      // Others wait for these.
      this.#mustJoin = true;
    }
    const coming = [...wanted].filter(([key]) => !this.#owned.has(key));
    if (coming.length === 0) return;
    for (const [key, partition] of coming) {
      this.#owned.set(key, partition);
      this.#reader.add({ ...partition, offset: 0 }, { paused: true });
    }
    await this.#group.onAssigned(coming.map(([, partition]) => partition));
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#isJoining || this.#isOut || this.generation.generation < 0) return;
    this.#beating = true;
    try {
      const silentMs = this.#isPolling ? 0 : performance.now() - this.#lastPollAt;
      if (silentMs > this.#group.maxPollIntervalMs) {
        this.#isOut = true;
        await this.#session.leave();
        return;
      }
      const { generation } = this.generation;
      const answer = await this.#session.heartbeat();
      // It may have rejoined, or left, while the response was on its way.
      if (this.#isJoining || this.generation.generation !== generation) return;
      if (answer === 'rebalancing') this.#mustJoin = true;
      if (answer === 'unknown') this.#isOut = true;
      if (answer !== 'well') this.#reader.interrupt();
    } catch (error) {
      if (!this.#closed) this.#failure = error;
    } finally {
      this.#beating = false;
    }
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#reader.seek(partition, offset);
  }

  pause(partition: TopicPartition): void {
    this.#reader.pause(partition);
  }

  resume(partition: TopicPartition): void {
    this.#reader.resume(partition);
  }

  lag(partition: TopicPartition): number | undefined {
    return this.#reader.lag(partition);
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<void> {
    const foreign = offsets.find(
      ({ topic, partition }) => !this.#owned.has(topicPartitionKey(topic, partition)),
    );
    if (this.#isOut || foreign !== undefined) {
      const what = foreign === undefined ? 'anything' : `${foreign.topic}-${foreign.partition}`;
      throw new LogError('LOG_FENCED', `This member of ${this.#group.group} does not own ${what} any more`);
    }
    await this.#session.commit(offsets);
  }

  rejoin(): void {
    this.#mustJoin = true;
    this.#reader.interrupt();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeats);
    await this.#reader.close();
    this.#joining.close();
    await this.#session.leave();
  }
}
