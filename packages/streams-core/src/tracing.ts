import type { Headers, LogRecord } from '@millrace/log-client';

/** Where a record came from, in the terms of the log. */
export interface TracedRecord {
  readonly applicationId: string;
  readonly taskId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly headers: Headers;
}

/** Records that a poll brought. */
export interface ReceivedRecords {
  readonly applicationId: string;
  readonly taskId: string;
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly LogRecord[];
}

/** A result on its way to a topic. Its headers carry the context of the record that made it. */
export interface ProducedResult {
  readonly applicationId: string;
  readonly taskId: string;
  readonly topic: string;
  readonly headers: Headers;
}

/** A record that met a row, of which the store keeps the headers of the record that set it. */
export interface JoinedRow {
  readonly applicationId: string;
  readonly taskId: string;
  /** The node that joins them. */
  readonly node: string;
  readonly headers: Headers;
  readonly row: Headers;
}

/** What a commit is made of. */
export interface CommittedWork {
  readonly applicationId: string;
  readonly taskId: string;
  /** How many traced results go out with it. */
  readonly results: number;
}

/** Something that takes time. */
export interface TraceSpan {
  /** Headers that carry its context, to be given to what it makes. */
  readonly headers: Headers;
  /** Calls a function within its context, so that user code finds it as the active one. */
  run<T>(action: () => T): T;
  /** With the error where it failed. */
  end(error?: unknown): void;
}

/**
 * Follows records through an app: `openTelemetryTracing` of @millrace/app-server is one. The context goes in
 * the records' headers, so that it passes through topics, asynchronous operators and buffers. Each function
 * may return undefined for what is not sampled.
 */
export interface Tracing {
  received(records: ReceivedRecords): void;
  process(record: TracedRecord): TraceSpan | undefined;
  produce(result: ProducedResult): TraceSpan | undefined;
  /** The headers that their result goes on with. */
  join(joined: JoinedRow): Headers;
  commit(work: CommittedWork): TraceSpan | undefined;
}
