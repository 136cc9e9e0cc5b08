import type { Headers, LogRecord, ProducerRecord } from '@millrace/log-client';

/** What set a step off: a record from outside, time that was moved on, or a restart. */
export type StepCause =
  | { readonly type: 'record'; readonly topic: string; readonly record: LogRecord }
  | { readonly type: 'time'; readonly advancedMs: number }
  | { readonly type: 'restart' };

/** A record as a node got it. */
export interface StepNode {
  readonly type: 'node';
  /** Within its step, in the order in which records came to nodes. */
  readonly id: number;
  /** The node that sent it; undefined where none did: at a source, or for what a timer or a call made. */
  readonly parent: number | undefined;
  /** `0_0`: sub-topology and partition. */
  readonly task: string;
  readonly node: string;
  /** `source`, `sink`, or what the operator is. */
  readonly operator: string;
  readonly key: unknown;
  /** Of a table's node: old and new value. */
  readonly value: unknown;
  readonly timestamp: number;
  readonly headers: Headers;
  /** At a source: where it was read. */
  readonly origin: { readonly topic: string; readonly offset: number } | undefined;
}

/** A node that left a record out. */
export interface StepDrop {
  readonly type: 'drop';
  readonly parent: number | undefined;
  readonly node: string;
  readonly reason: string;
}

/** A record that could not be read, processed or written. */
export interface StepFailure {
  readonly type: 'failure';
  readonly parent: number | undefined;
  readonly error: Error;
}

/** A record that was written to a topic, as bytes. */
export interface StepResult {
  readonly type: 'result';
  readonly parent: number | undefined;
  readonly topic: string;
  readonly offset: number;
  readonly record: ProducerRecord;
}

/** A row that a step has changed; undefined: it was not there, or is gone. */
export interface StepRow {
  readonly type: 'row';
  readonly store: string;
  readonly key: unknown;
  /** Of stores with windows, in milliseconds. */
  readonly window: { readonly start: number; readonly end: number } | undefined;
  readonly before: unknown;
  readonly after: unknown;
}

export type StepEvent = StepNode | StepDrop | StepFailure | StepResult | StepRow;

/** One record from outside (or one move of time), and all that came of it, in every sub-topology. */
export interface Step {
  readonly index: number;
  readonly cause: StepCause;
  readonly events: readonly StepEvent[];
}

/** The events of one type. */
export function eventsOf<T extends StepEvent['type']>(
  { events }: Step,
  type: T,
): readonly Extract<StepEvent, { readonly type: T }>[] {
  return events.filter((event): event is Extract<StepEvent, { readonly type: T }> => event.type === type);
}
