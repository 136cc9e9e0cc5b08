import { TopologyError } from '../../errors.ts';
import type { Forward, StreamRecord } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { OperatorContext, PendingCalls } from '../../topology/operator.ts';
import type { AsyncContext, AsyncOptions } from './async-options.ts';
import { attempt } from './attempt.ts';

type AnyRecord = StreamRecord<unknown, unknown>;

/** Makes the results of a record, any number of them. */
export type Call<K, V, K2, V2> = (
  record: StreamRecord<K, V>,
  context: AsyncContext,
) => Promise<readonly StreamRecord<K2, V2>[]>;

/** A record whose call waits or is under way, or whose result waits for its turn. */
interface Pending {
  readonly record: AnyRecord;
  readonly key: unknown;
  /** What is to be done when it is its turn; undefined while the call is under way. */
  outcome: (() => void | Promise<void>) | undefined;
  /** Lets the outcome go on, in the record's context. */
  readonly apply: () => void | Promise<void>;
  handedOver: boolean;
}

const defaultConcurrency = 16;

/**
 * The calls of one asynchronous operator in one task. Records are taken while fewer than `concurrency` are
 * pending; the task takes no more while there are as many, and no commit is made before all have ended.
 */
export class AsyncCalls<K, V, K2, V2> implements PendingCalls {
  readonly #context: OperatorContext;
  readonly #forward: Forward<K2, V2>;
  readonly #call: Call<K, V, K2, V2>;
  readonly #options: AsyncOptions;
  readonly #concurrency: number;
  readonly #stop = new AbortController();
  /** In the order of their records. */
  readonly #pending = new Set<Pending>();
  readonly #waiting: Pending[] = [];
  readonly #busyKeys = new Map<unknown, Pending[]>();
  #running = 0;

  constructor(
    context: OperatorContext,
    forward: Forward<K2, V2>,
    call: Call<K, V, K2, V2>,
    options: AsyncOptions,
  ) {
    this.#context = context;
    this.#forward = forward;
    this.#call = call;
    this.#options = options;
    this.#concurrency = options.concurrency ?? defaultConcurrency;
    context.asyncScope.register(this);
    context.onClose(() => this.#stop.abort(new Error(`Task ${context.processorContext.taskId} was closed`)));
  }

  get isFull(): boolean {
    return this.#pending.size >= this.#concurrency;
  }

  get active(): number {
    return this.#pending.size;
  }

  /** Takes a record; its results go on later. */
  readonly take = (record: StreamRecord<K, V>): void => {
    const pending: Pending = {
      record,
      key: orderKey(record.key),
      outcome: undefined,
      apply: this.#context.asyncScope.inContext(() => this.#goOn(pending)),
      handedOver: false,
    };
    this.#pending.add(pending);
    if ((this.#options.order ?? 'by-key') === 'by-key') {
      const queue = this.#busyKeys.get(pending.key);
      if (queue !== undefined) {
        queue.push(pending);
        return;
      }
      this.#busyKeys.set(pending.key, []);
    }
    this.#start(pending);
  };

  #start(pending: Pending): void {
    if (this.#running >= this.#concurrency) {
      this.#waiting.push(pending);
      return;
    }
    this.#running++;
    this.#run(pending).catch((error: unknown) => {
      // The task gets it where it takes results.
      this.#context.asyncScope.complete(() => {
        throw error;
      });
    });
  }

  async #run(pending: Pending): Promise<void> {
    const record = pending.record as StreamRecord<K, V>;
    const { timeoutMs, retry } = this.#options;
    try {
      const options = { timeoutMs, retry, stop: this.#stop.signal };
      const results = await attempt((context) => this.#call(record, context), options);
      pending.outcome = () => sequence(results.length, (index) => this.#forward(results[index]!));
    } catch (error) {
      pending.outcome = () => this.#context.fail(error, record);
    }
    this.#running--;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#start(next);
    // What ends after its task is of no use to anyone.
    if (!this.#stop.signal.aborted) this.#ended(pending);
  }

  /** Hands over what may go on now that this call has ended. */
  #ended(pending: Pending): void {
    const { order = 'by-key' } = this.#options;
    if (order === 'by-key') {
      const queue = this.#busyKeys.get(pending.key)!;
      const next = queue.shift();
      if (next === undefined) this.#busyKeys.delete(pending.key);
      else this.#start(next);
    }
    if (order !== 'total') return this.#handOver(pending);
    for (const first of this.#pending) {
      if (first.outcome === undefined) return;
      this.#handOver(first);
    }
  }

  #handOver(pending: Pending): void {
    if (pending.handedOver) return;
    pending.handedOver = true;
    this.#context.asyncScope.complete(pending.apply);
  }

  #goOn(pending: Pending): void | Promise<void> {
    this.#pending.delete(pending);
    return pending.outcome!();
  }
}

/** A key that identifies a call; objects are compared by their content. */
function orderKey(key: unknown): unknown {
  return typeof key === 'object' && key !== null ? JSON.stringify(key) : key;
}

/** @throws TopologyError for options that make no sense */
export function assertAsyncOptions(node: string, { concurrency, timeoutMs, retry }: AsyncOptions): void {
  const wrong =
    concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1)
      ? `concurrency must be a whole number, 1 at least; got ${concurrency}`
      : timeoutMs !== undefined && !(timeoutMs > 0)
        ? `timeoutMs must be positive; got ${timeoutMs}`
        : retry !== undefined && !(Number.isInteger(retry.attempts) && retry.attempts >= 0)
          ? `retry.attempts must be a whole number, 0 at least; got ${retry.attempts}`
          : undefined;
  if (wrong !== undefined) throw new TopologyError('TOPOLOGY_INVALID', `${node}: ${wrong}`);
}
