import type { PartitionRecords, TopicInfo } from '@millrace/log-client';
import type { Logger } from '../../logger.ts';
import { retentionOf } from './internal-topic-settings.ts';

/**
 * Warns, once for each changelog, where what goes into it is older than the topic keeps: brokers delete by
 * their own clock, so an app that processes history finds too little when it restores.
 */
export class ChangelogRetentionCheck {
  readonly #retentionMs = new Map<string, number>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  watch({ name, configs }: TopicInfo): void {
    const ms = retentionOf(configs);
    if (Number.isFinite(ms)) this.#retentionMs.set(name, ms);
  }

  /** Looks at the first record for each partition; `now` in milliseconds since the epoch. */
  check(entries: readonly PartitionRecords[], now: number): void {
    if (this.#retentionMs.size === 0) return;
    for (const { topic, records } of entries) {
      const ms = this.#retentionMs.get(topic);
      if (ms === undefined || records.length === 0) continue;
      const [first] = records;
      const { timestamp } = first!;
      if (now - timestamp <= ms) continue;
      this.#retentionMs.delete(topic);
      this.#logger.warn(
        { topic },
        `Changelog "${topic}" gets records of ${new Date(timestamp).toISOString()}, which are older than its retention.ms (${ms}): brokers will delete them, and a restored store will be incomplete. Start the app with windowStoreChangelogAdditionalRetentionMs: Infinity, and set the topic's retention.ms to -1`,
      );
    }
  }
}
