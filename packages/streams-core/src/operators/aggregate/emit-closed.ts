import type { Change, Forward, StreamRecord, Windowed } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { ObservedTime, OperatorContext } from '../../topology/operator.ts';

/** A window that has closed, as its result goes on. */
export interface ClosedWindow<K, A> {
  readonly key: Windowed<K>;
  readonly value: A;
  readonly timestamp: number;
}

export interface ClosedWindows<K, A> {
  /** How far the largest timestamp seen must be past the time by which windows are taken out. */
  readonly delayMs: number;
  /** Takes windows out of the store by that time: their start or, for sessions, their end. */
  readonly take: (until: number) => readonly (ClosedWindow<K, A> & { readonly time: number })[];
}

/**
 * Sends windows that have closed, each once, by time and then by key: when a record has moved time on, at most every
 * `emitIntervalMs` of wall-clock time. How far it has got is saved with every commit
 * (Kafka Streams: AbstractKStreamTimeWindowAggregateProcessor, KIP-825).
 */
export function closedEmitter<K, A>(
  context: OperatorContext,
  time: ObservedTime,
  { delayMs, take }: ClosedWindows<K, A>,
  forward: Forward<Windowed<K>, Change<A>>,
): (headers: StreamRecord<unknown, unknown>['headers']) => void | Promise<void> {
  const { emitIntervalMs } = context;
  const emitted = context.observedTime(`${context.nodeName}-closed`);
  let nextAt = Number.NEGATIVE_INFINITY;
  return (headers) => {
    if (emitIntervalMs > 0) {
      const now = context.processorContext.currentSystemTimeMs;
      if (now < nextAt) return;
      nextAt = now + emitIntervalMs;
    }
    const until = time.value - delayMs;
    const last = emitted.value;
    if (until <= last) return;
    emitted.value = until;
    // After a restart the store still knows windows that were sent before.
    const closed = take(until).filter((window) => window.time > last);
    return sequence(closed.length, (index) => {
      const { key, value, timestamp } = closed[index]!;
      return forward({ key, value: { newValue: value, oldValue: null }, timestamp, headers });
    });
  };
}
