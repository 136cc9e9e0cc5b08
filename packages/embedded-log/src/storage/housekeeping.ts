import { effectiveConfigs } from '../topic-settings.ts';
import type { Compactor } from '../compaction/compactor.ts';
import type { CommitWriter } from './commit/commit-writer.ts';
import type { LogState } from './log-state.ts';
import { retainedFrom, type RetentionTime } from './retention.ts';

export interface HousekeepingOptions {
  readonly state: LogState;
  readonly writer: CommitWriter;
  readonly compactor: Compactor;
  readonly retentionTime: RetentionTime;
  readonly now: () => number;
}

const dayMs = 24 * 60 * 60 * 1000;

type Start = readonly [topicId: number, partition: number, offset: number];

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
    const starts = this.#newStarts();
    if (starts.length === 0) return;
    // At its turn what is due may have changed: a topic may be gone.
    const plan = () => ({ event: { starts: this.#newStarts() }, records: [], bytes: 0 });
    await this.#options.writer.submit(plan, { alone: true, bytes: 0 });
  }

  #newStarts(): Start[] {
    const { state, retentionTime, now } = this.#options;
    const starts: Start[] = [];
    for (const topic of state.topics.values()) {
      for (const log of topic.state) {
        const offset = retainedFrom(log, now(), retentionTime);
        if (offset === undefined) continue;
        starts.push([log.topicId, log.partition, offset]);
        this.#warn(topic.name, offset - log.start);
      }
    }
    return starts;
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
