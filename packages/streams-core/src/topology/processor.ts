import type { KeyValueStore, StoreKind, StoreKinds, StoreSpec } from '@millrace/state-stores';
import type { RecordOrigin } from '../errors.ts';
import type { StreamRecord } from '../record/record.ts';
import type { PunctuationType } from './punctuation-type.ts';
import type { OnTimer, Timers, TimersSpec } from './timers.ts';

export type { PunctuationType };

/** Stops a schedule. */
export interface Cancellable {
  cancel(): void;
}

/** The store that a spec describes, as processors use it. Of a spec of unknown kind: a key-value store. */
export type StoreOf<S> =
  S extends StoreSpec<infer K, infer V>
    ? StoreKind extends S['kind']
      ? KeyValueStore<K, V>
      : StoreKinds<K, V>[S['kind']]['store']
    : never;

export interface MetricOptions {
  /** Default: the name. */
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A figure that only grows. */
export interface UserCounter {
  add(count?: number): void;
}

/** Durations in milliseconds: read as their number, mean, longest and 99th percentile. */
export interface UserTiming {
  record(ms: number): void;
}

/**
 * Metrics of user code. Make each once, where the processor is made; they are read with the app's own, tagged
 * with the task and the node.
 */
export interface MetricsContext {
  /** @throws TopologyError for a name that is no name, or taken in this node */
  counter(name: string, options?: MetricOptions): UserCounter;
  /** Asked whenever metrics are read. */
  gauge(name: string, read: () => number, options?: MetricOptions): void;
  timing(name: string, options?: MetricOptions): UserTiming;
}

/** What user code of the Processor API can do. One for each task. */
export interface ProcessorContext<in KOut, in VOut> {
  readonly applicationId: string;
  /** `0_3`: sub-topology and partition. */
  readonly taskId: string;
  /** Sends a record to all children, or to the named one. Await or return the promise, where there is one. */
  forward(record: StreamRecord<KOut, VOut>, childName?: string): void | Promise<void>;
  /** A store that this processor is connected to. @throws TopologyError `TOPOLOGY_STORE_MISSING` */
  store<S extends StoreSpec>(spec: S): StoreOf<S>;
  getStateStore<K, V>(name: string): KeyValueStore<K, V>;
  /**
   * Calls back every `intervalMs` of stream time (from the epoch on, first at the first record) or of
   * wall-clock time (first after one interval, or anchored at `startAtMs`: then at the next of `startAtMs + n
   * * intervalMs`). Missed calls collapse into one; it gets the current time.
   */
  schedule(
    intervalMs: number,
    type: PunctuationType,
    callback: (timestampMs: number) => void | Promise<void>,
    options?: { readonly startAtMs?: number },
  ): Cancellable;
  /** Where the current record came from; undefined in a punctuator. */
  readonly recordMetadata: RecordOrigin | undefined;
  /** The largest timestamp the task has taken up; -1 before the first. */
  readonly currentStreamTimeMs: number;
  readonly currentSystemTimeMs: number;
  /** Asks for a commit soon. */
  commit(): void;
  readonly metrics: MetricsContext;
  /**
   * Timers that outlive restarts: name them, made with `timers`, in the processor's `stores`. Open them once,
   * where the processor is made; `onTimer` is called for each that goes off, exactly once with exactly-once
   * processing.
   */
  timers<K>(spec: TimersSpec<K>, onTimer: OnTimer<K>): Timers<K>;
}

/** What a transformer of a table's values may use: anything but forwarding. */
export type ValueTransformerContext = Omit<ProcessorContext<never, never>, 'forward'>;

/** Makes a transformer for a task: from a row's value, null for none, to the new one. */
export type ValueTransformerSupplier<in K, in V, out V2> = (
  context: ValueTransformerContext,
) => (value: V | null, key: K) => V2 | null;

/** Which processor is being wrapped: its node's name, what kind of operator it is, and for which task. */
export interface WrappedProcessor {
  readonly name: string;
  readonly kind: string;
  readonly taskId: string;
}

/**
 * Wraps every processor node, including the DSL's: it gets the function that processes records and returns
 * the one to call instead. Called once for each node of each task (KIP-1112).
 */
export type ProcessorWrapper = (
  processor: WrappedProcessor,
  process: (record: StreamRecord<unknown, unknown>) => void | Promise<void>,
) => (record: StreamRecord<unknown, unknown>) => void | Promise<void>;

export type ProcessorFunction<KIn, VIn> = (record: StreamRecord<KIn, VIn>) => void | Promise<void>;

export interface Processor<KIn, VIn> {
  process(record: StreamRecord<KIn, VIn>): void | Promise<void>;
  close?(): void;
}

/** Makes a processor for a task; called once for each, so that state in closures is the task's own. */
export type ProcessorSupplier<KIn, VIn, KOut, VOut> = (
  context: ProcessorContext<KOut, VOut>,
) => Processor<KIn, VIn> | ProcessorFunction<KIn, VIn>;

/** As a ProcessorContext, for processors that must keep the key: they forward values. */
export interface FixedKeyProcessorContext<in VOut> extends Omit<ProcessorContext<never, VOut>, 'forward'> {
  /** Sends a value on under the current key, with the current record's timestamp and headers. */
  forward(value: VOut): void | Promise<void>;
}

export type FixedKeyProcessorSupplier<KIn, VIn, VOut> = (
  context: FixedKeyProcessorContext<VOut>,
) => Processor<KIn, VIn> | ProcessorFunction<KIn, VIn>;
