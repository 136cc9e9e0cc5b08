import { type Headers, noHeaders } from '@millrace/log-client';
import type { KeyValueStore, PublicStore, StoreSpec } from '@millrace/state-stores';
import { openStore, type StateStore } from '@millrace/state-stores/runtime';
import type {
  Cancellable,
  OnTimer,
  Timers,
  TimersSpec,
  ProcessorContext,
  PunctuationType,
  RecordOrigin,
  StoreOf,
  StreamRecord,
} from '@millrace/streams-core';
import { openTimers, type UserMetric, UserMetrics } from '@millrace/streams-core/runtime';

export interface MockProcessorContextOptions {
  /** Default `mock-app`. */
  readonly applicationId?: string;
  /** Default `0_0`. */
  readonly taskId?: string;
  /** The stores that the processor may use, in memory. */
  readonly stores?: readonly StoreSpec[];
}

/** A record that a processor has forwarded, and to which child; undefined: to all. */
export interface CapturedForward<K, V> {
  readonly record: StreamRecord<K, V>;
  readonly childName: string | undefined;
}

/** A schedule that a processor has asked for. Nothing calls it but the test. */
export interface CapturedPunctuator {
  readonly intervalMs: number;
  readonly type: PunctuationType;
  readonly startAtMs: number | undefined;
  readonly punctuate: (timestampMs: number) => void | Promise<void>;
  readonly cancelled: boolean;
}

/**
 * What a processor is given, for a unit test of the processor alone: it keeps what is forwarded, scheduled
 * and committed, and returns what the test has set. For a whole topology use `TopologyTestDriver`.
 */
export class MockProcessorContext<KOut, VOut> implements ProcessorContext<KOut, VOut> {
  readonly applicationId: string;
  readonly taskId: string;
  recordMetadata: RecordOrigin | undefined;
  /** What timers and stores that keep headers get. */
  recordHeaders: Headers = noHeaders;
  currentStreamTimeMs = -1;
  currentSystemTimeMs = 0;
  readonly #stores = new Map<string, StateStore>();
  #forwarded: CapturedForward<KOut, VOut>[] = [];
  readonly #punctuators: { captured: CapturedPunctuator }[] = [];
  #committed = false;
  readonly #userMetrics = new UserMetrics();
  readonly metrics = this.#userMetrics.of('mock');

  constructor({ applicationId = 'mock-app', taskId = '0_0', stores = [] }: MockProcessorContextOptions = {}) {
    this.applicationId = applicationId;
    this.taskId = taskId;
    for (const spec of stores) this.addStateStore(spec);
    // So that a processor may take it apart.
    this.forward = this.forward.bind(this);
  }

  /** Lets the processor use a store, in memory. */
  addStateStore(spec: StoreSpec): void {
    const record = { timestamp: () => this.currentStreamTimeMs, headers: () => this.recordHeaders };
    this.#stores.set(spec.name, openStore({ ...spec, persistent: false }, record) as StateStore);
  }

  forward(record: StreamRecord<KOut, VOut>, childName?: string): void {
    this.#forwarded.push({ record, childName });
  }

  /** What has been forwarded since the last reset; with a name, what that child would have got. */
  forwarded(childName?: string): readonly CapturedForward<KOut, VOut>[] {
    if (childName === undefined) return this.#forwarded;
    return this.#forwarded.filter((one) => one.childName === undefined || one.childName === childName);
  }

  resetForwards(): void {
    this.#forwarded = [];
  }

  store<S extends StoreSpec>(spec: S): StoreOf<S> {
    return this.#store(spec.name) as StoreOf<S>;
  }

  getStateStore<K, V>(name: string): KeyValueStore<K, V> {
    return this.#store(name) as KeyValueStore<K, V>;
  }

  #store(name: string): PublicStore {
    const store = this.#stores.get(name);
    if (store === undefined) {
      throw new Error(
        `The mock context has no store "${name}": give it one with addStateStore, or in "stores"`,
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
    const entry = { captured: { intervalMs, type, startAtMs, punctuate: callback, cancelled: false } };
    this.#punctuators.push(entry);
    return {
      cancel: () => {
        entry.captured = { ...entry.captured, cancelled: true };
      },
    };
  }

  /** Timers go off when the test calls their punctuator: the last of `scheduledPunctuators`. */
  timers<K>(spec: TimersSpec<K>, onTimer: OnTimer<K>): Timers<K> {
    const context = {
      store: (one: TimersSpec<never>) => this.store(one),
      headers: () => this.recordHeaders,
      schedule: (type: PunctuationType, callback: (now: number) => void | Promise<void>) =>
        this.schedule(1, type, callback),
    };
    return openTimers(context, spec, onTimer);
  }

  /** What has been scheduled, cancelled or not. */
  get scheduledPunctuators(): readonly CapturedPunctuator[] {
    return this.#punctuators.map(({ captured }) => captured);
  }

  /** What the processor measures, by name. */
  get measured(): Readonly<Record<string, ReturnType<UserMetric['read']>>> {
    return Object.fromEntries(this.#userMetrics.all.map(({ name, read }) => [name, read()]));
  }

  commit(): void {
    this.#committed = true;
  }

  /** Whether a commit has been asked for since the last reset. */
  get committed(): boolean {
    return this.#committed;
  }

  resetCommit(): void {
    this.#committed = false;
  }
}
