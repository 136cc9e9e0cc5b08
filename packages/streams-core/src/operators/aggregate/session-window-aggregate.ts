import type { Headers } from '@millrace/log-client';
import type { SessionEntry } from '@millrace/state-stores';
import type { ClosedSession } from '@millrace/state-stores/runtime';
import type { Change, StreamRecord, Window, Windowed } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { Operator, TableLookup } from '../../topology/operator.ts';
import type { EmitStrategy } from '../../windows/emit-strategy.ts';
import type { SessionWindows } from '../../windows/session-windows.ts';
import type { Aggregation } from './aggregate.ts';
import { emitOnClose } from './emit-on-close.ts';
import { type LateRecords, lateRecords } from './late.ts';
import { returned } from '../../record/returned.ts';
import { advanceTime } from '../observed-time.ts';

/** As an aggregation, with how two sessions' aggregates become one, the older one first. */
export interface SessionAggregation<K, V, A> extends Aggregation<K, V, A> {
  readonly merge: (older: A | null, newer: A, key: K) => A | null;
}

export interface SessionWindowAggregation<K, V, A> {
  readonly storeName: string;
  readonly aggregation: SessionAggregation<K, V, A>;
  readonly emit: EmitStrategy;
  readonly late: LateRecords<K, V>;
  /** Sessions that are sent when they close have the headers of their last record. */
  readonly keepsHeaders?: boolean;
}

/**
 * Aggregates a stream by key and session. A record merges all sessions that are no more than the gap away;
 * each of them is deleted, and what they make with the record is sent. A session past its end, gap and grace
 * takes no more records, unless they also belong to one that is not. Results have the session's end for a
 * timestamp (Kafka Streams: KStreamSessionWindowAggregate). Null values count; null keys do not.
 */
export function sessionWindowAggregate<K, V, A>(
  { gapMs, graceMs }: SessionWindows,
  { storeName, aggregation, emit, late, keepsHeaders = false }: SessionWindowAggregation<K, V, A>,
): Operator<K, V, Windowed<K>, Change<A>> {
  return {
    kind: 'session-window-aggregate',
    open(context, forward) {
      const store = context.sessionStore<K, A>(storeName);
      const time = context.observedTime();
      const isFinal = emit === 'on-window-close';
      const onLate = lateRecords(context, time, late);
      const { sendOldValues } = context;
      const send: Send<K, V, A> = isFinal
        ? () => {}
        : ({ key, headers }, window, newValue, oldValue) => {
            const value = { newValue, oldValue: sendOldValues ? oldValue : null };
            return forward({ key: { key, window }, value, timestamp: window.end, headers });
          };
      const replace = (
        record: StreamRecord<K, V>,
        replaced: readonly SessionEntry<A>[],
      ): void | Promise<void> =>
        sequence(replaced.length, (index) => {
          const { start, end, value } = replaced[index]!;
          store.remove(record.key, start, end);
          return send(record, { start, end }, null, value);
        });
      const process = (record: StreamRecord<K, V>): void | Promise<void> => {
        const { key, timestamp } = record;
        if (key === null) return context.dropped();
        advanceTime(time, timestamp);
        const found = store.findSessions(key, timestamp - gapMs, timestamp + gapMs);
        let [start, end] = [timestamp, timestamp];
        for (const session of found) {
          if (session.start < start) start = session.start;
          if (session.end > end) end = session.end;
        }
        if (end < time.value - graceMs - gapMs) return onLate(record, start, end);
        const aggregate = merged(found, aggregation, key);
        const update = (): void | Promise<void> => {
          const newValue = returned(aggregation.add(aggregate, record.value, key), 'add');
          store.put(key, newValue, start, end);
          if (keepsHeaders) store.putHeaders(key, start, end, record.headers);
          return send(record, { start, end }, newValue, null);
        };
        // A session that is this very instant is updated in place.
        const pending = start === timestamp && end === timestamp ? undefined : replace(record, found);
        return pending === undefined ? update() : pending.then(update);
      };
      if (!isFinal) return process;
      // A session's end is inclusive: it closes a millisecond later.
      const delayMs = graceMs + gapMs + 1;
      const take = (until: number) => store.takeClosed(until);
      return emitOnClose(context, { time, delayMs, take, process, ...closedSessions(keepsHeaders) }, forward);
    },
    lookup(context): TableLookup<Windowed<K>, A> {
      const store = context.sessionStore<K, A>(storeName);
      return {
        get({ key, window }) {
          const value = store.fetchSession(key, window.start, window.end);
          return value === undefined ? undefined : { value, timestamp: window.end };
        },
      };
    },
  };
}

/** Sends a result, where results are sent at every change. */
type Send<K, V, A> = (
  record: StreamRecord<K, V>,
  window: Window,
  newValue: A | null,
  oldValue: A | null,
) => void | Promise<void>;

/** The aggregate of the sessions that a record reaches, before the record itself is added. */
function merged<K, V, A>(
  found: readonly SessionEntry<A>[],
  { initial, merge }: SessionAggregation<K, V, A>,
  key: K,
): A | null {
  let aggregate = returned(initial(), 'initial');
  for (const { value } of found) aggregate = returned(merge(aggregate, value, key), 'merge');
  return aggregate;
}

/** How sessions that have closed are sent: with their own headers, or with those of what closed them. */
const closedSessions = (keepsHeaders: boolean) => ({
  timeOf: ({ end }: SessionEntry<unknown>): number => end,
  toResult: <K, A>(
    { key, start, end, value, headers }: ClosedSession<K, A>,
    closing: Headers,
  ): StreamRecord<Windowed<K>, Change<A>> => ({
    key: { key, window: { start, end } },
    value: { newValue: value, oldValue: null },
    timestamp: end,
    headers: keepsHeaders ? headers : closing,
  }),
});
