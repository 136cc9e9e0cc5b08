import { StreamsError } from '../../../errors.ts';
import type { AsyncScope, PendingCalls } from '../../../topology/operator.ts';
import type { TaskClock } from '../task-clock.ts';

/**
 * What a task has under way outside itself: calls of asynchronous operators. Their results come into an
 * inbox, and go on when the task is between records.
 */
export class TaskAsyncScope implements AsyncScope {
  readonly #clock: TaskClock;
  readonly #operators: PendingCalls[] = [];
  #inbox: (() => void | Promise<void>)[] = [];
  #waiters: (() => void)[] = [];
  #closed = false;

  constructor(clock: TaskClock) {
    this.#clock = clock;
  }

  register(calls: PendingCalls): void {
    this.#operators.push(calls);
  }

  complete(apply: () => void | Promise<void>): void {
    this.#inbox.push(apply);
    this.#wakeAll();
  }

  /**
   * In the context of the record that is being worked on now: what is called then sees that one as current.
   */
  inContext(apply: () => void | Promise<void>): () => void | Promise<void> {
    const clock = this.#clock;
    const { topic, topicPartition, offset, timestamp, headers, raw } = clock;
    return () => {
      Object.assign(clock, { topic, topicPartition, offset, timestamp, headers, raw });
      const done = (): void => clock.leave();
      const pending = apply();
      return pending === undefined ? done() : pending.finally(done);
    };
  }

  /** Whether an operator has as much to do as it may. */
  get isFull(): boolean {
    for (const operator of this.#operators) if (operator.isFull) return true;
    return false;
  }

  /** Whether calls are under way or results wait. */
  get isBusy(): boolean {
    if (this.#inbox.length > 0) return true;
    for (const operator of this.#operators) if (operator.active > 0) return true;
    return false;
  }

  get hasResults(): boolean {
    return this.#inbox.length > 0;
  }

  /** Forwards the results that have come in. Returns how many there were. */
  apply(): number | Promise<number> {
    if (this.#inbox.length === 0) return 0;
    const results = this.#inbox;
    this.#inbox = [];
    for (const [index, result] of results.entries()) {
      const pending = result();
      if (pending !== undefined) return this.#applyRest(pending, results, index + 1);
    }
    return results.length;
  }

  async #applyRest(
    first: Promise<void>,
    results: readonly (() => void | Promise<void>)[],
    from: number,
  ): Promise<number> {
    await first;
    for (const result of results.slice(from)) await result();
    return results.length;
  }

  /**
   * Resolves when a result comes in; at once where one waits. @throws StreamsError once the task is closed
   */
  async next(): Promise<void> {
    if (this.#inbox.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve);
      });
    }
    if (this.#closed) throw new StreamsError('TASK_CLOSED', 'The task was closed while calls were under way');
  }

  /** Waits until no calls are under way, and forwards their results. */
  async drain(): Promise<void> {
    while (this.isBusy) {
      await this.next();
      await this.apply();
    }
  }

  /** No more results come: waiting ends. */
  close(): void {
    this.#closed = true;
    this.#wakeAll();
  }

  #wakeAll(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
