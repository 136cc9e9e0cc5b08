import type { KeyValueStore, PublicStore, StoreSpec } from '@millrace/state-stores';
import type { StateStore } from '@millrace/state-stores/runtime';
import { type RecordOrigin, StreamsError, TopologyError } from '../../../errors.ts';
import type { Forward, StreamRecord } from '../../../record/record.ts';
import { toAwait } from '../../../record/to-await.ts';
import type {
  Cancellable,
  MetricsContext,
  ProcessorContext,
  PunctuationType,
  StoreOf,
} from '../../../topology/processor.ts';
import { type OnTimer, openTimers, type Timers, type TimersSpec } from '../../../topology/timers.ts';
import type { NewSchedule, Punctuations } from './punctuation.ts';
import type { TaskClock } from '../task-clock.ts';

export interface ProcessorContextOptions {
  readonly nodeName: string;
  readonly applicationId: string;
  readonly taskId: string;
  readonly forward: Forward;
  readonly child: (name: string) => Forward;
  /** A store this node is connected to; undefined for any other. */
  readonly findStore: (name: string) => StateStore | undefined;
  readonly clock: TaskClock;
  readonly punctuations: Punctuations;
  readonly now: () => number;
  readonly monotonicNow: () => number;
  readonly requestCommit: () => void;
  readonly metrics: MetricsContext;
  /** Decides what becomes of an error in a punctuator; throws it on where that is the decision. */
  readonly onError: (cause: unknown) => void;
}

/** What user code of the Processor API gets. Forwarding after the task has closed is refused. */
export class TaskProcessorContext implements ProcessorContext<unknown, unknown> {
  readonly applicationId: string;
  readonly taskId: string;
  readonly metrics: MetricsContext;
  readonly #options: ProcessorContextOptions;
  #closed = false;

  constructor(options: ProcessorContextOptions) {
    this.#options = options;
    this.applicationId = options.applicationId;
    this.taskId = options.taskId;
    this.metrics = options.metrics;
    this.forward = this.forward.bind(this);
  }

  forward(record: StreamRecord<unknown, unknown>, childName?: string): void | Promise<void> {
    if (this.#closed) {
      throw new StreamsError(
        'TASK_CLOSED',
        `Processor "${this.#options.nodeName}" forwards after task ${this.taskId} was closed: await what you start, or return its promise`,
      );
    }
    const { timestamp } = record;
    if (!(timestamp >= 0 && Number.isSafeInteger(timestamp))) {
      throw new RangeError(
        `forward got a record with the timestamp ${String(timestamp)}: whole milliseconds since the epoch expected`,
      );
    }
    return childName === undefined ? this.#options.forward(record) : this.#options.child(childName)(record);
  }

  store<S extends StoreSpec>(spec: S): StoreOf<S> {
    return this.#store(spec.name) as StoreOf<S>;
  }

  getStateStore<K, V>(name: string): KeyValueStore<K, V> {
    return this.#store(name) as KeyValueStore<K, V>;
  }

  #store(name: string): PublicStore {
    const store = this.#options.findStore(name);
    if (store === undefined) {
      throw new TopologyError(
        'TOPOLOGY_STORE_MISSING',
        `Processor "${this.#options.nodeName}" is not connected to the store "${name}": name it in the processor's "stores"`,
      );
    }
    return store.face as PublicStore;
  }

  schedule(
    intervalMs: number,
    type: PunctuationType,
    callback: (timestampMs: number) => void | Promise<void>,
    { startAtMs }: { readonly startAtMs?: number } = {},
  ): Cancellable {
    return this.#schedule({ intervalMs, type, callback, startAtMs });
  }

  #schedule(schedule: NewSchedule): Cancellable {
    const { punctuations, now, monotonicNow, onError } = this.#options;
    const guarded = (timestampMs: number): void | Promise<void> => {
      try {
        const pending = toAwait(schedule.callback(timestampMs));
        return pending === undefined ? undefined : pending.catch(onError);
      } catch (cause) {
        return onError(cause);
      }
    };
    return punctuations.schedule({ ...schedule, callback: guarded }, { due: monotonicNow(), time: now() });
  }

  timers<K>(spec: TimersSpec<K>, onTimer: OnTimer<K>): Timers<K> {
    const context = {
      store: (one: TimersSpec<never>) => this.store(one),
      headers: () => this.#options.clock.headers,
      // Looked at whenever punctuators are; a task with nothing due has not worked.
      schedule: (type: PunctuationType, callback: NewSchedule['callback'], isDue: (now: number) => boolean) =>
        this.#schedule({ intervalMs: 1, type, callback, startAtMs: undefined, isDue }),
    };
    return openTimers(context, spec, onTimer);
  }

  get recordMetadata(): RecordOrigin | undefined {
    return this.#options.clock.origin;
  }

  get currentStreamTimeMs(): number {
    return this.#options.clock.streamTime;
  }

  get currentSystemTimeMs(): number {
    return this.#options.now();
  }

  commit(): void {
    this.#options.requestCommit();
  }

  close(): void {
    this.#closed = true;
  }
}
