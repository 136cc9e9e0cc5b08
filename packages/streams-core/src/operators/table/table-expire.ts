import { noHeaders } from '@millrace/log-client';
import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, TableLookup } from '../../topology/operator.ts';
import type { TimersSpec } from '../../topology/timers.ts';

export interface TableExpire<K> {
  /** How long after its last change a row goes, in milliseconds of stream time. */
  readonly ttlMs: number;
  /** The store with the rows that are there. */
  readonly store: string;
  readonly timers: TimersSpec<K>;
}

/**
 * Rows that go once stream time is so far past their last change: each is deleted then, at the time at which
 * it was to go, and the delete is sent on.
 */
export function tableExpire<K, V>({
  ttlMs,
  store,
  timers,
}: TableExpire<K>): Operator<K, Change<V>, K, Change<V>> {
  return {
    kind: 'table-expire',
    open(context, forward) {
      const rows = context.rowStore<K, V>(store);
      const { sendOldValues } = context;
      const timer = context.processorContext.timers(timers, (key, { at }) => {
        const old = rows.get(key);
        if (old === undefined) return;
        rows.put(key, null, at, noHeaders);
        const change = { newValue: null, oldValue: sendOldValues ? old.value : null };
        return forward({ key, value: change, timestamp: at, headers: old.headers ?? noHeaders });
      });
      return ({ key, value: { newValue }, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        const old = rows.get(key)?.value;
        // It has gone already, or was never there.
        if (newValue === null && old === undefined) return;
        rows.put(key, newValue, timestamp, headers);
        if (newValue === null) timer.cancel(key);
        else timer.set(key, timestamp + ttlMs);
        const change = { newValue, oldValue: sendOldValues ? (old ?? null) : null };
        return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> => context.rowStore(store),
  };
}
