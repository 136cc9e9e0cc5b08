import type { LogRecord } from '@millrace/log-client';
import type { RecordOrigin } from '../../../errors.ts';
import type { DropReason } from '../../../topology/operator.ts';
import type { DroppedRecordHandler } from '../../../handlers.ts';
import { type DeadLetterOptions, sendDropped } from './dead-letters.ts';
import type { TaskClock } from '../task-clock.ts';
import type { TaskCounts } from '../task-options.ts';

export interface DroppedRecordsOptions extends DeadLetterOptions {
  readonly counts: TaskCounts;
  readonly clock: TaskClock;
  readonly onDropped: DroppedRecordHandler | undefined;
}

/** Counts the records that a task leaves out, and sends their input where the handler says. */
export class DroppedRecords {
  readonly #options: DroppedRecordsOptions;

  constructor(options: DroppedRecordsOptions) {
    this.#options = options;
  }

  /** `raw` and `origin` are of the input; by default the one that the task works on now. */
  drop(
    reason: DropReason | undefined,
    node: string,
    raw: LogRecord | undefined = this.#options.clock.raw,
    origin: RecordOrigin | undefined = this.#options.clock.origin,
  ): void {
    const { counts, onDropped } = this.#options;
    counts.dropped++;
    counts.droppedBy.set(node, (counts.droppedBy.get(node) ?? 0) + 1);
    if (reason === 'late') counts.late++;
    if (onDropped === undefined || raw === undefined || origin === undefined) return;
    // Handlers of their own have decided about these two.
    if (reason === 'unreadable' || reason === 'failed') return;
    const dropped = { reason: reason ?? 'null', node, origin };
    const response = onDropped(dropped);
    if (typeof response === 'object') sendDropped(response.deadLetterTopic, raw, dropped, this.#options);
  }
}
