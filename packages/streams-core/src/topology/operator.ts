import type { BufferView, KeyValueView, ValueAndTimestamp, WindowView } from '@millrace/state-stores';
import type { Forward } from '../record.ts';
import type { ProcessorContext } from './processor.ts';

/** Looks up the rows of a table, whether they are stored or worked out from another table's. */
export interface TableView<K, V> {
  get(key: K): ValueAndTimestamp<V> | undefined;
}

/** The largest timestamp an operator has seen. What it holds is saved with every commit. */
export interface ObservedTime {
  value: number;
}

/** What an operator may ask of the task that runs it, once, while the topology is linked. */
export interface OperatorContext {
  readonly nodeName: string;
  /** Whether something downstream needs the old values of changes. */
  readonly sendOldValues: boolean;
  /** Whether the table that this node makes is kept in its store. */
  readonly keepsTable: boolean;
  keyValueStore<K, V>(name: string): KeyValueView<K, V>;
  windowStore<K, V>(name: string): WindowView<K, V>;
  buffer<K, V>(name: string): BufferView<K, V>;
  /** The rows of the table that another node makes. */
  view<K, V>(nodeName: string): TableView<K, V>;
  /** Forwards to one child only. */
  child(name: string): Forward;
  /** This node's own, or the one that all nodes share that give the same name. */
  observedTime(name?: string): ObservedTime;
  /** Counts a record that is left out: a null key, a late one. */
  dropped(): void;
  /** What user code gets. */
  readonly processorContext: ProcessorContext<unknown, unknown>;
  /** Runs when the task closes. */
  onClose(close: () => void): void;
}

/**
 * One step of a topology, as a value. `open` is called once a task; what it returns is called for every record, and
 * neither it nor anything downstream may change a record.
 */
export interface Operator<KIn, VIn, KOut, VOut> {
  /** What it is, e.g. `filter`. */
  readonly kind: string;
  open(context: OperatorContext, forward: Forward<KOut, VOut>): Forward<KIn, VIn>;
  /** For operators that make a table: how to look up its rows. */
  view?(context: OperatorContext): TableView<unknown, unknown>;
}

/** An operator of unknown types: what graphs and topologies hold. */
export type AnyOperator = Operator<never, never, unknown, unknown>;
