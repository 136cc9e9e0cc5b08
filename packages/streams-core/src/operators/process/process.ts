import type { KeyValueStore, StoreSpec } from '@millrace/state-stores';
import { type RecordOrigin, StreamsError } from '../../errors.ts';
import type { Forward, StreamRecord } from '../../record/record.ts';
import { toAwait } from '../../record/to-await.ts';
import type { Operator, OperatorContext } from '../../topology/operator.ts';
import type {
  Cancellable,
  FixedKeyProcessorContext,
  FixedKeyProcessorSupplier,
  MetricsContext,
  Processor,
  ProcessorContext,
  ProcessorFunction,
  ProcessorSupplier,
  PunctuationType,
  StoreOf,
} from '../../topology/processor.ts';
import type { OnTimer, Timers, TimersSpec } from '../../topology/timers.ts';

/** Runs a processor of the user's, which forwards what it likes. */
export function process<KIn, VIn, KOut, VOut>(
  supplier: ProcessorSupplier<KIn, VIn, KOut, VOut>,
): Operator<KIn, VIn, KOut, VOut> {
  return {
    kind: 'process',
    open: (context) => start(context, supplier(context.processorContext as ProcessorContext<KOut, VOut>)),
  };
}

/** Runs a processor that keeps the key: what it forwards has the key of the record it was given. */
export function processValues<K, V, VOut>(
  supplier: FixedKeyProcessorSupplier<K, V, VOut>,
): Operator<K, V, K, VOut> {
  return {
    kind: 'process-values',
    open: (context, forward) => {
      const fixed = new FixedKeyContext<K, V, VOut>(context.processorContext, forward);
      const run = start(context, supplier(fixed));
      return (record) => {
        fixed.current = record;
        return run(record);
      };
    },
  };
}

/** A processor's context whose `forward` takes values. */
class FixedKeyContext<K, V, VOut> implements FixedKeyProcessorContext<VOut> {
  readonly #context: ProcessorContext<unknown, unknown>;
  readonly #forward: Forward<K, VOut>;
  current: StreamRecord<K, V> | undefined;

  constructor(context: ProcessorContext<unknown, unknown>, forward: Forward<K, VOut>) {
    this.#context = context;
    this.#forward = forward;
  }

  forward(value: VOut): void | Promise<void> {
    if (this.current === undefined) {
      throw new StreamsError(
        'FORWARD_WITHOUT_RECORD',
        'processValues can forward only once it has been given a record',
      );
    }
    const { key, timestamp, headers } = this.current;
    return this.#forward({ key, value, timestamp, headers });
  }

  get applicationId(): string {
    return this.#context.applicationId;
  }

  get taskId(): string {
    return this.#context.taskId;
  }

  get metrics(): MetricsContext {
    return this.#context.metrics;
  }

  store<S extends StoreSpec>(spec: S): StoreOf<S> {
    return this.#context.store(spec);
  }

  getStateStore<K2, V2>(name: string): KeyValueStore<K2, V2> {
    return this.#context.getStateStore(name);
  }

  schedule(
    intervalMs: number,
    type: PunctuationType,
    callback: (timestampMs: number) => void | Promise<void>,
    options?: { readonly startAtMs?: number },
  ): Cancellable {
    return this.#context.schedule(intervalMs, type, callback, options);
  }

  timers<K2>(spec: TimersSpec<K2>, onTimer: OnTimer<K2>): Timers<K2> {
    return this.#context.timers(spec, onTimer);
  }

  get recordMetadata(): RecordOrigin | undefined {
    return this.#context.recordMetadata;
  }

  get currentStreamTimeMs(): number {
    return this.#context.currentStreamTimeMs;
  }

  get currentSystemTimeMs(): number {
    return this.#context.currentSystemTimeMs;
  }

  commit(): void {
    this.#context.commit();
  }
}

function start<K, V>(
  context: OperatorContext,
  made: Processor<K, V> | ProcessorFunction<K, V>,
): Forward<K, V> {
  if (typeof made === 'function') return (record) => toAwait(made(record));
  context.onClose(() => made.close?.());
  return (record) => toAwait(made.process(record));
}
