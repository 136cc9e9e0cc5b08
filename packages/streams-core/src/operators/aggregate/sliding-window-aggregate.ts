import type { WindowEntry } from '@millrace/state-stores';
import type { Change, StreamRecord, Windowed } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { Operator } from '../../topology/operator.ts';
import type { SlidingWindows } from '../../windows/sliding-windows.ts';
import { type WindowAggregation, windowOperator, type WindowRun } from './window-results.ts';
import { returned } from '../../record/returned.ts';
import { laterOf, advanceTime } from '../observed-time.ts';

/** A step of working a record in; the windows it finds are as they were before the record. */
type Step = () => void | Promise<void>;

/**
 * Aggregates a stream by key and sliding window. A record belongs to every window it falls in; it makes the
 * window that ends with it, one that starts right after it where later records are known, and one that starts
 * right after the record before it, so that each distinct set of records has its window. Records earlier than
 * the difference share a window that starts at 0. Null keys and null values are left out (Kafka Streams:
 * KStreamSlidingWindowAggregate, KIP-450).
 */
export function slidingWindowAggregate<K, V, A>(
  windows: SlidingWindows,
  aggregation: WindowAggregation<K, V, A>,
): Operator<K, V, Windowed<K>, Change<A>> {
  const { differenceMs, graceMs } = windows;
  const kind = {
    kind: 'sliding-window-aggregate',
    sizeMs: differenceMs,
    // Ends are inclusive: a window closes a millisecond later.
    closesAfterMs: differenceMs + graceMs + 1,
  };
  const { initial, add } = aggregation.aggregation;
  return windowOperator(aggregation, kind, (run) => {
    const { context, store, time, late } = run;
    const work = (record: StreamRecord<K, V>, base: Base<A>, start: number): void | Promise<void> => {
      const { key, value, timestamp } = record;
      if (start + differenceMs < time.value - graceMs) return late(record, start, start + differenceMs);
      const newValue = returned(
        add(base === undefined ? returned(initial(), 'initial') : base.value, value, key),
        'add',
      );
      const latest = laterOf(base, timestamp);
      store.putEntry(key, newValue, start, latest);
      return run.send(record, start, changeOf(run, newValue, base), latest);
    };
    /** Sends a window after the record, with what was known to be in it already; the record itself is not. */
    const adopted = (record: StreamRecord<K, V>, start: number): void | Promise<void> => {
      const { value, timestamp } = store.fetchEntry(record.key, start)!;
      return run.send(record, start, { newValue: value, oldValue: null }, timestamp);
    };
    return (record) => {
      const { key, value, timestamp } = record;
      if (key === null || value === null) return context.dropped();
      advanceTime(time, timestamp);
      if (timestamp + differenceMs < time.value - graceMs) {
        return late(record, timestamp, timestamp + differenceMs);
      }
      const steps: Step[] = [];
      const plan: Plan<A> = {
        timestamp,
        differenceMs,
        update: (base, start) => steps.push(() => work(record, base, start)),
        adopt: (base, start) => {
          // Kept at once: what `add` does to an aggregate in place must not reach this window.
          store.putEntry(key, base.value, start, base.timestamp);
          steps.push(() => adopted(record, start));
        },
      };
      const from = Math.max(0, timestamp - 2 * differenceMs);
      // One millisecond more: that is where the window right after this record starts.
      if (timestamp < differenceMs) planEarly(store.fetchRange(key, 0, timestamp + 1), plan);
      else planWindows(store.fetchRange(key, from, timestamp + 1, { reverse: true }), plan);
      return sequence(steps.length, (index) => steps[index]!());
    };
  });
}

/** What a window holds so far; undefined for one that is new. */
type Base<A> = { readonly value: A; readonly timestamp: number; readonly isNew?: boolean } | undefined;

interface Plan<A> {
  readonly timestamp: number;
  readonly differenceMs: number;
  update(base: Base<A>, start: number): void;
  adopt(base: WindowEntry<A>, start: number): void;
}

function changeOf<K, V, A>({ context }: WindowRun<K, V, A>, newValue: A | null, base: Base<A>): Change<A> {
  const isOld = context.sendOldValues && base !== undefined && base.isNew !== true;
  return { newValue, oldValue: isOld ? base.value : null };
}

/** `found`: the key's windows near the record, the latest first. */
function planWindows<A>(found: readonly WindowEntry<A>[], plan: Plan<A>): void {
  const { timestamp, differenceMs } = plan;
  let after: WindowEntry<A> | undefined;
  let hasAfter = false;
  let hasBefore = false;
  let earlier: WindowEntry<A> | undefined;
  let previous: number | undefined;
  for (const window of found) {
    const end = window.start + differenceMs;
    if (window.start === timestamp + 1) hasAfter = true;
    else if (end > timestamp) {
      after ??= window;
      plan.update(window, window.start);
    } else if (end === timestamp) {
      hasBefore = true;
      plan.update(window, window.start);
      // It ends with a record of this very time: all windows that this one asks for are there.
      if (window.timestamp >= timestamp) return;
      previous = window.timestamp;
    } else {
      earlier = window;
      previous = window.timestamp;
      break;
    }
  }
  const starts = new Set(found.map(({ start }) => start));
  if (previous !== undefined && !starts.has(previous + 1) && previous + 1 + differenceMs >= timestamp) {
    plan.update(undefined, previous + 1);
  }
  if (!hasBefore) {
    const shared = previous !== undefined && timestamp - differenceMs <= previous ? earlier : undefined;
    plan.update(shared && { value: shared.value, timestamp, isNew: true }, timestamp - differenceMs);
  }
  if (!hasAfter && after !== undefined && after.timestamp > timestamp) plan.adopt(after, timestamp + 1);
}

/**
 * A record earlier than the difference: its own window would start before time does, so that it shares the
 * one at 0.
 */
function planEarly<A>(found: readonly WindowEntry<A>[], plan: Plan<A>): void {
  const { timestamp } = plan;
  let first: WindowEntry<A> | undefined;
  let after: WindowEntry<A> | undefined;
  let hasAfter = false;
  let previous: number | undefined;
  for (const window of found) {
    if (window.start === 0) {
      first = window;
      if (window.timestamp < timestamp) previous = window.timestamp;
    } else if (window.start <= timestamp) {
      after = window;
      plan.update(window, window.start);
    } else hasAfter = true;
  }
  if (after === undefined && first !== undefined && first.timestamp > timestamp) after = first;
  if (!hasAfter && after !== undefined && after.timestamp > timestamp) plan.adopt(after, timestamp + 1);
  const starts = new Set(found.map(({ start }) => start));
  if (previous !== undefined && !starts.has(previous + 1)) plan.update(undefined, previous + 1);
  plan.update(first, 0);
}
