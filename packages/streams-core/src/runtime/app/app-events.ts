import { channel } from 'node:diagnostics_channel';
import type { DroppedRecord, StateRestoreListener, StoreRestore } from '../../handlers.ts';
import type { Logger } from '../../logger.ts';
import type { AppState } from './app-state.ts';

/** How often each kind of skipped record is logged, in milliseconds. */
const skipMs = 1000;
/** How often the progress of a restore is logged, in milliseconds. */
const progressMs = 5000;

/** `node:diagnostics_channel` channels, for those who hook in: each message has an `applicationId`. */
export const appChannels = {
  state: 'millrace:app:state',
  restore: 'millrace:app:restore',
  skipped: 'millrace:app:skipped',
} as const;

const channels = {
  state: channel(appChannels.state),
  restore: channel(appChannels.restore),
  skipped: channel(appChannels.skipped),
};

/** Logs what an app does, and publishes it on the diagnostics channels. */
export class AppEvents {
  readonly #applicationId: string;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** By node and reason. */
  readonly #skipped = new Map<string, Map<string, { since: number; count: number }>>();
  readonly #loggedAt = new Map<string, number>();

  constructor(applicationId: string, logger: Logger, now: () => number = () => performance.now()) {
    this.#applicationId = applicationId;
    this.#logger = logger;
    this.#now = now;
  }

  state(state: AppState): void {
    if (state === 'created') return;
    const applicationId = this.#applicationId;
    this.#logger.info({ applicationId, state }, `App "${applicationId}" is ${state}`);
    if (channels.state.hasSubscribers) channels.state.publish({ applicationId, state });
  }

  /** Warns of the first record that is skipped, and then once a second at most for each reason and node. */
  skipped(dropped: DroppedRecord): void {
    const applicationId = this.#applicationId;
    if (channels.skipped.hasSubscribers) channels.skipped.publish({ applicationId, ...dropped });
    const { reason, node, origin } = dropped;
    let ofNode = this.#skipped.get(node);
    if (ofNode === undefined) this.#skipped.set(node, (ofNode = new Map()));
    const known = ofNode.get(reason);
    const now = this.#now();
    if (known !== undefined && now - known.since < skipMs) {
      known.count++;
      return;
    }
    const more =
      known === undefined || known.count === 0 ? '' : `, and ${known.count} more since the last message`;
    ofNode.set(reason, { since: now, count: 0 });
    const { topic, partition, offset } = origin;
    this.#logger.warn(
      { applicationId, reason, node, ...origin },
      `App "${applicationId}" skips a record at ${node} (${reason}): ${topic}-${partition} @ ${offset}${more}`,
    );
  }

  readonly restoreListener: Required<StateRestoreListener> = {
    onRestoreStart: (restore) => {
      this.#loggedAt.set(idOf(restore), this.#now());
      this.#restore('start', restore, restore.startOffset);
    },
    onBatchRestored: (restore, offset) => {
      const now = this.#now();
      if (now - (this.#loggedAt.get(idOf(restore)) ?? now) < progressMs) return;
      this.#loggedAt.set(idOf(restore), now);
      this.#restore('progress', restore, offset);
    },
    onRestoreEnd: (restore) => {
      this.#loggedAt.delete(idOf(restore));
      this.#restore('end', restore, restore.endOffset);
    },
  };

  #restore(phase: 'start' | 'progress' | 'end', restore: StoreRestore, offset: number): void {
    const applicationId = this.#applicationId;
    const { store, taskId, startOffset, endOffset } = restore;
    const percent = Math.round((100 * (offset - startOffset)) / Math.max(1, endOffset - startOffset));
    const what =
      phase === 'end'
        ? 'has been restored'
        : `is being restored: ${percent} % of ${endOffset - startOffset} records`;
    this.#logger.info(
      { applicationId, ...restore, offset },
      `App "${applicationId}": store "${store}" of task ${taskId} ${what}`,
    );
    if (channels.restore.hasSubscribers)
      channels.restore.publish({ applicationId, phase, ...restore, offset });
  }
}

function idOf({ taskId, store }: StoreRestore): string {
  return `${taskId} ${store}`;
}
