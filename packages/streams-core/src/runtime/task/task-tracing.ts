import type { Headers, LogRecord } from '@millrace/log-client';
import type { Forward } from '../../record/record.ts';
import type { TraceSpan, Tracing } from '../../tracing.ts';
import type { TaskClock } from './task-clock.ts';
import { taskName } from './task-id.ts';
import type { TaskOptions } from './task-options.ts';

export interface TaskTracingOptions {
  readonly tracing: Tracing;
  readonly applicationId: string;
  readonly taskId: string;
  readonly clock: TaskClock;
}

/** The spans of a task: of each record while it is processed, and of results until they are committed. */
export class TaskTracing {
  readonly #options: TaskTracingOptions;
  #made: TraceSpan[] = [];
  /** Of the commits under way, which follow each other. */
  readonly #committing: (readonly TraceSpan[])[] = [];

  constructor(options: TaskTracingOptions) {
    this.#options = options;
  }

  received(topic: string, records: readonly LogRecord[]): void {
    const { tracing, clock, applicationId, taskId } = this.#options;
    tracing.received({ applicationId, taskId, topic, partition: clock.partition, records });
  }

  /** The start of a record's way, as a span; what comes of it carries its context. */
  entry(forward: Forward): Forward {
    const { tracing, clock, applicationId, taskId } = this.#options;
    return (record) => {
      const { timestamp, headers } = record;
      const { topicPartition: partition, offset } = clock;
      const topic = clock.topic!;
      const span = tracing.process({ applicationId, taskId, topic, partition, offset, timestamp, headers });
      if (span === undefined) return forward(record);
      clock.headers = span.headers;
      return within(span, () => forward({ ...record, headers: span.headers }));
    };
  }

  /** How a node gives results of a join the trace of the row they come from, too. */
  joins(node: string): (headers: Headers, row: Headers) => Headers {
    const { tracing, applicationId, taskId } = this.#options;
    return (headers, row) => tracing.join({ applicationId, taskId, node, headers, row });
  }

  /** The headers that a result goes out with. */
  produced(topic: string, headers: Headers): Headers {
    const { tracing, applicationId, taskId } = this.#options;
    const span = tracing.produce({ applicationId, taskId, topic, headers });
    if (span === undefined) return headers;
    this.#made.push(span);
    return span.headers;
  }

  /** What was made so far is in a commit from now on. */
  prepared(): void {
    const made = this.#made;
    this.#made = [];
    const { tracing, applicationId, taskId } = this.#options;
    const results = made.length;
    const commit = results === 0 ? undefined : tracing.commit({ applicationId, taskId, results });
    this.#committing.push(commit === undefined ? made : [...made, commit]);
  }

  /** The oldest commit under way stands. */
  committed(): void {
    for (const span of this.#committing.shift() ?? []) span.end();
  }

  /** What is not committed never happened. */
  close(): void {
    const open = [...this.#committing.flat(), ...this.#made];
    if (open.length === 0) return;
    const error = new Error(`Task ${this.#options.taskId} was closed before this was committed`);
    for (const span of open) span.end(error);
    this.#made = [];
    this.#committing.length = 0;
  }
}

/** Of a task whose records are traced; undefined for others. */
export function taskTracing({ tracing, applicationId, id, clock }: TaskOptions): TaskTracing | undefined {
  if (tracing === undefined) return undefined;
  return new TaskTracing({ tracing, applicationId, taskId: taskName(id), clock });
}

function within(span: TraceSpan, action: () => void | Promise<void>): void | Promise<void> {
  try {
    const pending = span.run(action);
    if (pending === undefined) return span.end();
    return pending.then(
      () => span.end(),
      (error: unknown) => {
        span.end(error);
        throw error;
      },
    );
  } catch (error) {
    span.end(error);
    throw error;
  }
}
