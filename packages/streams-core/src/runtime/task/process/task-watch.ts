import type { ProducerRecord } from '@millrace/log-client';
import type { Forward, StreamRecord } from '../../../record/record.ts';
import type { DropReason } from '../../../topology/operator.ts';
import { type NewRecordList, type ProducedFor, RecordCollector } from '../output/record-collector.ts';

/** Sees what goes on in a task, record by record: what debuggers are made of. */
export interface TaskWatch {
  /** A record comes to a node. `leave` follows once all that comes of it at once is through. */
  enter(node: string, record: StreamRecord<unknown, unknown>): void;
  leave(node: string): void;
  /** The node that was entered last leaves a record out. */
  dropped(node: string, reason: DropReason): void;
  /** It writes a record to a topic. */
  produced(topic: string, record: ProducerRecord): void;
}

/** A node of a task, watched where somebody does. */
export function watched(node: string, run: Forward, watch: TaskWatch | undefined): Forward {
  if (watch === undefined) return run;
  return (record) => {
    watch.enter(node, record);
    let pending: void | Promise<void>;
    try {
      pending = run(record);
    } catch (error) {
      watch.leave(node);
      throw error;
    }
    if (pending === undefined) return watch.leave(node);
    return pending.finally(() => watch.leave(node));
  };
}

/** The collector of a task that is watched. */
class WatchedCollector extends RecordCollector {
  readonly #watch: TaskWatch;

  constructor(watch: TaskWatch, newList?: NewRecordList) {
    super(newList);
    this.#watch = watch;
  }

  override add(to: ProducedFor, partition: number, record: ProducerRecord): void {
    this.#watch.produced(to.topic, record);
    super.add(to, partition, record);
  }
}

export function recordCollector(
  watch: TaskWatch | undefined,
  newList: NewRecordList | undefined,
): RecordCollector {
  return watch === undefined ? new RecordCollector(newList) : new WatchedCollector(watch, newList);
}
