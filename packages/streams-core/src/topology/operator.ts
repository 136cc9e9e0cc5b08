import type { Headers } from '@millrace/log-client';
import type { GroupStore, TimeOrderedBuffer, ValueAndTimestamp } from '@millrace/state-stores';
import type { RowStore, SessionRowStore, WindowRowStore } from '@millrace/state-stores/runtime';
import type { Forward, StreamRecord } from '../record/record.ts';
import type { ProcessorContext } from './processor.ts';

/** Looks up the rows of a table, whether they are stored or derived from another table's. */
export interface TableLookup<K, V> {
  /** The row of the moment; of a versioned table, where `asOf` is given, the one that was valid then. */
  get(key: K, asOf?: number): ValueAndTimestamp<V> | undefined;
}

/** The calls of one asynchronous operator. */
export interface PendingCalls {
  /** It should not be given more records now. */
  readonly isFull: boolean;
  /** Calls that are under way or wait, and results that have not gone on. */
  readonly active: number;
}

/** Where an operator says what it has under way outside its task; a commit waits for it. */
export interface AsyncScope {
  register(calls: PendingCalls): void;
  /** Hands a result over: `apply` is called when the task is between records. */
  complete(apply: () => void | Promise<void>): void;
  /** Makes `apply` run in the context of the record that is being worked on now. */
  inContext(apply: () => void | Promise<void>): () => void | Promise<void>;
}

/**
 * Why a record was left out: a null key or value, or too late for its window, or otherwise of no more use.
 */
export type DropReason = 'null' | 'late' | 'stale' | 'unreadable' | 'timestamp' | 'failed';

/** The largest timestamp an operator has seen. What it holds is saved with every commit. */
export interface ObservedTime {
  value: number;
}

/** What an operator may ask of the task that runs it, once, while the topology is linked. */
export interface OperatorContext {
  readonly nodeName: string;
  /** The task's partition. */
  readonly partition: number;
  /** Whether something downstream needs the old values of changes. */
  readonly sendOldValues: boolean;
  /** Whether the table that this node makes is kept in its store. */
  readonly keepsTable: boolean;
  /** Rows of a key-value store, versioned or not. */
  rowStore<K, V>(name: string): RowStore<K, V>;
  sessionStore<K, V>(name: string): SessionRowStore<K, V>;
  groupStore<G, V>(name: string): GroupStore<G, V>;
  windowStore<K, V>(name: string): WindowRowStore<K, V>;
  buffer<K, V>(name: string): TimeOrderedBuffer<K, V>;
  /** The rows of the table that another node makes. */
  lookup<K, V>(nodeName: string): TableLookup<K, V>;
  /** Forwards to one child only. */
  child(name: string): Forward;
  /**
   * This node's own, or the one that all nodes share that give the same name. `unknown`: what it is where
   * nothing was committed, -1 unless given.
   */
  observedTime(name?: string, unknown?: number): ObservedTime;
  readonly asyncScope: AsyncScope;
  /**
   * The headers of a join's result, from those of the record and those of the row it met: with a trace that
   * both are part of. Undefined where records are not traced.
   */
  readonly traceJoin: ((headers: Headers, row: Headers) => Headers) | undefined;
  /**
   * Lets the processing-exception handler decide about an error that comes later than its record. @throws
   * what it says to throw
   */
  fail(cause: unknown, record: StreamRecord<unknown, unknown>): void;
  /** Counts a record that is left out. Default reason: null. */
  dropped(reason?: DropReason): void;
  /**
   * Asked before results are sent that wait for time to pass: whether the interval between two such times is
   * over. Nodes that give the same name share it; default: this node's own.
   */
  emitGate(name?: string): () => boolean;
  /** Calls back when time is moved on without a record, because the task has none. */
  onTimeAdvance(advance: (streamTime: number) => void | Promise<void>): void;
  /** What user code gets. */
  readonly processorContext: ProcessorContext<unknown, unknown>;
  /** Runs when the task closes. */
  onClose(close: () => void): void;
}

/**
 * One step of a topology, as a value. `open` is called once a task; what it returns is called for every
 * record, and neither it nor anything downstream may change a record.
 */
export interface Operator<KIn, VIn, KOut, VOut> {
  /** What it is, e.g. `filter`. */
  readonly kind: string;
  open(context: OperatorContext, forward: Forward<KOut, VOut>): Forward<KIn, VIn>;
  /** For operators that make a table: how to look up its rows. */
  lookup?(context: OperatorContext): TableLookup<unknown, unknown>;
}

/** An operator of unknown types: what graphs and topologies hold. */
export type AnyOperator = Operator<never, never, unknown, unknown>;
