import type { WindowRowStore } from '@millrace/state-stores/runtime';
import type { Change, Forward, StreamRecord, Windowed } from '../../record/record.ts';
import type { ObservedTime, Operator, OperatorContext, TableLookup } from '../../topology/operator.ts';
import type { EmitStrategy } from '../../windows/emit-strategy.ts';
import { windowsOfSize } from '../../windows/windows-of-size.ts';
import type { Aggregation } from './aggregate.ts';
import { emitOnClose } from './emit-on-close.ts';
import { type LateRecords, lateRecords, type OnLateRecord } from './late.ts';
import { returned } from '../../record/returned.ts';
import { laterOf } from '../observed-time.ts';

/** What every aggregation by windows is made of. */
export interface WindowAggregation<K, V, A> {
  readonly storeName: string;
  readonly aggregation: Aggregation<K, V, A>;
  readonly emit: EmitStrategy;
  readonly late: LateRecords<K, V>;
  /** Windows that are sent when they close have the headers of their last record. */
  readonly keepsHeaders?: boolean;
}

/** Puts a record into one window and sends the result, where results go out at every change. */
export type Update<K, V> = (record: StreamRecord<K, V>, start: number) => void | Promise<void>;

export interface WindowRun<K, V, A> {
  readonly context: OperatorContext;
  readonly store: WindowRowStore<K, A>;
  /** The largest timestamp seen. */
  readonly time: ObservedTime;
  readonly update: Update<K, V>;
  readonly late: OnLateRecord<K, V>;
  /** Sends a result, where results go out at every change. */
  readonly send: (
    record: StreamRecord<K, unknown>,
    start: number,
    change: Change<A>,
    timestamp: number,
  ) => void | Promise<void>;
}

/** How a kind of windows that a window store keeps differs from the others. */
export interface WindowKind {
  readonly kind: string;
  /** From a window's start to the end its key says. */
  readonly sizeMs: number;
  /** How far past a window's start time must be for it to have closed; undefined where windows never do. */
  readonly closesAfterMs: number | undefined;
}

/** An aggregation into a window store: `assign` puts each record into its windows. */
export function windowOperator<K, V, A>(
  { storeName, aggregation, emit, late, keepsHeaders = false }: WindowAggregation<K, V, A>,
  { kind, sizeMs, closesAfterMs }: WindowKind,
  assign: (run: WindowRun<K, V, A>) => Forward<K, V>,
): Operator<K, V, Windowed<K>, Change<A>> {
  return {
    kind,
    open(context, forward) {
      const store = context.windowStore<K, A>(storeName);
      const time = context.observedTime();
      const windowOf = windowsOfSize(sizeMs);
      const final = emit === 'on-window-close' && closesAfterMs !== undefined;
      const keep: WindowRun<K, V, A>['send'] = keepsHeaders
        ? ({ key, headers }, start) => store.putHeaders(key as K, start, headers)
        : () => {};
      const send: WindowRun<K, V, A>['send'] = final
        ? keep
        : ({ key, headers }, start, value, timestamp) =>
            forward({ key: { key, window: windowOf(start) }, value, timestamp, headers });
      const update = updater(store, aggregation, context.sendOldValues, send);
      const run = { context, store, time, update, late: lateRecords(context, time, late), send };
      const process = assign(run);
      if (!final) return process;
      return emitOnClose(
        context,
        {
          time,
          delayMs: closesAfterMs,
          take: (until) => store.takeClosed(until),
          timeOf: ({ start }) => start,
          toResult: ({ key, start, value, timestamp, headers }, closing) => ({
            key: { key, window: windowOf(start) },
            value: { newValue: value, oldValue: null },
            timestamp,
            headers: keepsHeaders ? headers : closing,
          }),
          process,
        },
        forward,
      );
    },
    lookup: (context): TableLookup<Windowed<K>, A> => {
      const store = context.windowStore<K, A>(storeName);
      return { get: ({ key, window }) => store.fetchEntry(key, window.start) };
    },
  };
}

function updater<K, V, A>(
  store: WindowRowStore<K, A>,
  { initial, add }: Aggregation<K, V, A>,
  sendOldValues: boolean,
  send: WindowRun<K, V, A>['send'],
): Update<K, V> {
  return (record, start) => {
    const { key, value, timestamp } = record;
    const old = store.fetchEntry(key, start);
    const oldValue = old === undefined ? null : old.value;
    const newValue = returned(
      add(old === undefined ? returned(initial(), 'initial') : oldValue, value, key),
      'add',
    );
    const time = laterOf(old, timestamp);
    store.putEntry(key, newValue, start, time);
    return send(record, start, { newValue, oldValue: sendOldValues ? oldValue : null }, time);
  };
}
