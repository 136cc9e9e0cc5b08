import { type Headers, noHeaders } from '@millrace/log-client';
import type { Change, Forward, StreamRecord, Windowed } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { ObservedTime, OperatorContext } from '../../topology/operator.ts';
import { advanceTime } from '../observed-time.ts';

export interface EmitOnClose<K, V, A, W> {
  /** The largest timestamp seen. */
  readonly time: ObservedTime;
  /** How far that must be past a window's time for the window to have closed. */
  readonly delayMs: number;
  /** Takes windows out of the store by their time, the earliest first. */
  readonly take: (until: number) => readonly W[];
  /** The time by which a window is taken out: its start or, for sessions, its end. */
  readonly timeOf: (window: W) => number;
  readonly toResult: (window: W, headers: Headers) => StreamRecord<Windowed<K>, Change<A>>;
  /** Puts a record into its windows. */
  readonly process: Forward<K, V>;
}

/**
 * Sends windows that have closed, each once, by time and then by key: after each record that has moved time
 * on, at most every `emitIntervalMs` of wall-clock time. How far it has got is saved with every commit (Kafka
 * Streams: AbstractKStreamTimeWindowAggregateProcessor, KIP-825).
 */
export function emitOnClose<K, V, A, W>(
  context: OperatorContext,
  { time, delayMs, take, timeOf, toResult, process }: EmitOnClose<K, V, A, W>,
  forward: Forward<Windowed<K>, Change<A>>,
): Forward<K, V> {
  const isOpen = context.emitGate();
  // What closed while results were held back in a buffer was sent from there.
  const emitted = context.observedTime(`${context.nodeName}-closed`, Math.max(-1, time.value - delayMs));
  const emit = (headers: Headers): void | Promise<void> => {
    if (!isOpen()) return;
    const until = time.value - delayMs;
    const last = emitted.value;
    if (until <= last) return;
    emitted.value = until;
    // After a restart the store still knows windows that were sent before.
    const closed = take(until);
    if (closed.length === 0) return;
    let first = 0;
    while (first < closed.length && timeOf(closed[first]!) <= last) first++;
    return sequence(closed.length - first, (index) => forward(toResult(closed[first + index]!, headers)));
  };
  context.onTimeAdvance((streamTime) => {
    advanceTime(time, streamTime);
    return emit(noHeaders);
  });
  return (record) => {
    const pending = process(record);
    return pending === undefined ? emit(record.headers) : pending.then(() => emit(record.headers));
  };
}
