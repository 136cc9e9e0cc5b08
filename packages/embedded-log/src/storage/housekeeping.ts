import { effectiveConfigs } from '../topic-settings.ts';
import type { Compactor } from '../compaction/compactor.ts';
import type { CommitWriter } from './commit/commit-writer.ts';
import type { LogCounters } from './log-counters.ts';
import type { LogState } from './log-state.ts';
import type { PartitionLog } from './partition-log.ts';
import { retainedFrom, type RetentionTime } from './retention.ts';

export interface HousekeepingOptions {
  readonly state: LogState;
  readonly writer: CommitWriter;
  readonly compactor: Compactor;
  readonly retentionTime: RetentionTime;
  readonly counters: LogCounters;
  readonly now: () => number;
}

const dayMs = 24 * 60 * 60 * 1000;

/** What retention takes of a partition: everything before an offset. */
interface Expired {
  readonly log: PartitionLog;
  readonly offset: number;
  readonly offsets: number;
  readonly bytes: number;
}

/** Deletes what topics keep no longer, and compacts. Runs from time to time, and never twice at once. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  /** Topics whose first deletion has been warned of. */
  readonly #warned = new Set<string>();
  #running: Promise<void> | undefined;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Applies retention and compacts. @throws LogError where the log cannot be written */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves once nothing of it is under way. */
  async idle(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  async #run(): Promise<void> {
    this.#forgetProducers();
    await this.#applyRetention();
    await this.#options.compactor.run();
  }

  /** Producers that have not written for a day are forgotten, transactional ids after a week, as in Kafka. */
  #forgetProducers(): void {
    const { state, now } = this.#options;
    for (const { state: logs } of state.topics.values()) {
      for (const { knownProducers } of logs) knownProducers?.expire(now() - dayMs);
    }
    for (const { id, at, state: stands } of state.transactional.values()) {
      if (stands !== 'ongoing' && at < now() - 7 * dayMs) state.transactional.delete(id);
    }
  }

  async #applyRetention(): Promise<void> {
    if (this.#expired().length === 0) return;
    // At its turn what is due may have changed: a topic may be gone.
    let expired: readonly Expired[] = [];
    await this.#options.writer.submit(
      () => {
        expired = this.#expired();
        const starts = expired.map(({ log, offset }) => [log.topicId, log.partition, offset] as const);
        return { event: { starts }, records: [], bytes: 0 };
      },
      { alone: true, bytes: 0 },
    );
    const { counters } = this.#options;
    for (const { offsets, bytes } of expired) {
      counters.expiredOffsets += offsets;
      counters.expiredBytes += bytes;
    }
  }

  #expired(): Expired[] {
    const { state, retentionTime, now } = this.#options;
    const expired: Expired[] = [];
    for (const topic of state.topics.values()) {
      for (const log of topic.state) {
        const offset = retainedFrom(log, now(), retentionTime);
        if (offset === undefined) continue;
        const offsets = offset - log.start;
        const gone = log.segments.filter((_, index) => log.endOf(index) <= offset);
        expired.push({ log, offset, offsets, bytes: gone.reduce((sum, { size }) => sum + size, 0) });
        this.#warn(topic.name, offsets);
      }
    }
    return expired;
  }

  /** A default that deletes must not be found out by missing data. */
  #warn(topic: string, offsets: number): void {
    if (this.#warned.has(topic)) return;
    this.#warned.add(topic);
    const configs = effectiveConfigs(this.#options.state.topic(topic).configs);
    const limit = `retention.ms=${configs['retention.ms']}, retention.bytes=${configs['retention.bytes']}`;
    process.emitWarning(
      `Topic "${topic}" deletes its oldest records for the first time since the log was opened, ${offsets} offsets now (${limit}). To keep them for good, set retention.ms to -1`,
      'MillraceWarning',
    );
  }
}
