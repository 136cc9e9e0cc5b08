import { setTimeout as sleep } from 'node:timers/promises';
import { isLogError, LogError } from '@millrace/log-client';
import type { Broker } from '../cluster/broker.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { assertOk, errorType, isPassing, toLogError } from '../errors.ts';
import { readBatches } from '@millrace/kafka-protocol';
import { fetchCommitted, type FetchedPartition, isTopicGone } from './fetch.ts';
import type { FetchPosition } from './fetch-position.ts';

const retryDelayMs = 20;
const longestDelayMs = 500;
/** While records wait to be handed out, partitions that had no more are asked again so often. */
const quietMs = 20;

/** Keeps one fetch under way at each broker that leads partitions which want records. */
export class Fetcher {
  readonly #cluster: Cluster;
  readonly #onFetched: () => void;
  readonly #busy = new Set<Broker>();
  /** Since when nothing could be fetched. */
  #failingSince: number | undefined;
  #delayMs = retryDelayMs;
  #starting = false;
  #startedAt = 0;

  constructor(cluster: Cluster, onFetched: () => void) {
    this.#cluster = cluster;
    this.#onFetched = onFetched;
  }

  /**
   * Starts fetching for all positions that want records, where their broker is not busy. A broker answers one
   * fetch at a time: while records wait to be handed out no fetch waits for others to be written, or the
   * partitions that have more could not be read on meanwhile.
   */
  start(positions: Iterable<FetchPosition>): void {
    if (this.#starting || this.#cluster.closed) return;
    const wanting: FetchPosition[] = [];
    let hasRecords = false;
    for (const position of positions) {
      hasRecords ||= position.hasRecords;
      if (position.wantsRecords) wanting.push(position);
    }
    if (wanting.length === 0) return;
    const now = performance.now();
    if (hasRecords && now - this.#startedAt < quietMs && wanting.every(({ isAtEnd }) => isAtEnd)) return;
    this.#startedAt = now;
    this.#starting = true;
    this.#start(wanting, hasRecords ? 0 : this.#cluster.options.fetchMaxWaitMs)
      .catch((error: unknown) => this.#give(error, wanting))
      .finally(() => {
        this.#starting = false;
      });
  }

  async #start(wanting: readonly FetchPosition[], maxWaitMs: number): Promise<void> {
    try {
      await this.#cluster.know(wanting);
      const there = wanting.filter((position) => this.#isSameTopic(position));
      for (const [broker, list] of this.#cluster.byLeader(there)) {
        if (this.#busy.has(broker)) continue;
        this.#fetch(broker, list, maxWaitMs).catch((error: unknown) => this.#give(error, list));
      }
    } catch (error) {
      await this.#failed(error, wanting);
    }
  }

  /** A position in a topic says nothing about another one that was created under its name later. */
  #isSameTopic(position: FetchPosition): boolean {
    const { topic } = position;
    const id = this.#cluster.topicId(topic);
    position.topicId ??= id;
    if (position.topicId === id) return true;
    this.#give(
      new LogError(
        'LOG_UNKNOWN_TOPIC',
        `${topic} was deleted and created again: positions in the former topic say nothing about this one`,
      ),
      [position],
    );
    return false;
  }

  async #fetch(broker: Broker, positions: readonly FetchPosition[], maxWaitMs: number): Promise<void> {
    const { fetchMaxBytes, fetchPartitionBytes } = this.#cluster.options;
    const options = {
      maxWaitMs,
      maxBytes: fetchMaxBytes,
      maxPartitionBytes: fetchPartitionBytes,
      topicId: (topic: string) => this.#cluster.topicId(topic),
    };
    const versions = positions.map(({ version }) => version);
    for (const position of positions) position.fetching = true;
    this.#busy.add(broker);
    try {
      const partitions = await fetchCommitted(broker, positions, options);
      this.#failingSince = undefined;
      this.#delayMs = retryDelayMs;
      const stale = await this.#take(positions, versions, partitions);
      if (stale.length > 0) await this.#cluster.metadata([...new Set(stale.map(({ topic }) => topic))]);
    } catch (error) {
      await this.#failed(error, positions);
    } finally {
      this.#busy.delete(broker);
      for (const position of positions) position.fetching = false;
      this.#onFetched();
    }
  }

  /** Puts what was fetched where it belongs; returns the positions whose leader has changed. */
  async #take(
    positions: readonly FetchPosition[],
    versions: readonly number[],
    partitions: readonly FetchedPartition[],
  ): Promise<FetchPosition[]> {
    const stale: FetchPosition[] = [];
    for (const fetched of partitions) {
      const index = positions.findIndex(
        ({ topic, partition }) => topic === fetched.topic && partition === fetched.partition,
      );
      const position = positions[index];
      if (position === undefined || position.version !== versions[index]) continue;
      try {
        assertOk(fetched.errorCode);
        const { fetchOffset, version } = position;
        const { maxDecompressedBytes } = this.#cluster.options;
        const { records, nextOffset } = await readBatches(
          fetched.records,
          fetchOffset,
          fetched.aborted,
          maxDecompressedBytes,
        );
        if (position.version !== version) continue;
        position.lastStableOffset = fetched.lastStableOffset;
        position.put(records, nextOffset);
      } catch (error) {
        if (isPassing(error) || isTopicGone(fetched.errorCode)) stale.push(position);
        else position.failure = failureOf(error, position);
      }
    }
    return stale;
  }

  /** The next poll throws this. */
  #give(error: unknown, positions: readonly FetchPosition[]): void {
    const failure = toLogError(error, 'Reading from Kafka');
    for (const position of positions) position.failure = failure;
    this.#onFetched();
  }

  async #failed(error: unknown, positions: readonly FetchPosition[]): Promise<void> {
    if (this.#cluster.closed) return;
    this.#failingSince ??= performance.now();
    const expired = performance.now() - this.#failingSince > this.#cluster.options.retryTimeoutMs;
    if (
      expired ||
      isLogError(error, 'LOG_UNKNOWN_TOPIC') ||
      !(isPassing(error) || isLogError(error, 'LOG_TIMEOUT'))
    ) {
      this.#give(error, positions);
      return;
    }
    await sleep(this.#delayMs);
    this.#delayMs = Math.min(longestDelayMs, this.#delayMs * 2);
    await this.#cluster.metadata([...new Set(positions.map(({ topic }) => topic))]).catch(() => {});
  }
}

function failureOf(error: unknown, { topic, partition, fetchOffset }: FetchPosition): LogError {
  if (errorType(error) === 'OFFSET_OUT_OF_RANGE') {
    return new LogError(
      'LOG_OFFSET_OUT_OF_RANGE',
      `${topic}-${partition} holds nothing at offset ${fetchOffset}: it was deleted, or never written`,
    );
  }
  return toLogError(error, `Reading ${topic}-${partition} at offset ${fetchOffset}`);
}
