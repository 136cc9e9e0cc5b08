import type { TimeOrderedBuffer } from '@millrace/state-stores';
import type { KeptWindow } from '@millrace/state-stores/runtime';
import type { Forward, StreamRecord } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { UnmatchedKey, UnmatchedValues } from '../../serde/unmatched-serde.ts';
import type { Operator, OperatorContext } from '../../topology/operator.ts';
import type { JoinWindows } from '../../windows/join-windows.ts';
import type { JoinSides } from './table-table-join.ts';
import { resultHeaders } from './result-headers.ts';
import { returned } from '../../record/returned.ts';
import { advanceTime } from '../observed-time.ts';

/*
 * A join of two streams is, for each side, a node that keeps the side's records for as long as they can be
 * joined, and one that looks up the other side's. Both results merge. In a left or outer join, records that
 * find no partner wait in one buffer for both sides until their window and the grace have passed; a partner
 * that comes takes them out (Kafka Streams: KStreamJoinWindow, KStreamKStreamJoin).
 */

type Side = 'left' | 'right';

/** Keeps the records of one side, with their headers where the store keeps headers. */
export function joinWindow<K, V>(storeName: string): Operator<K, V, K, V> {
  return {
    kind: 'join-window',
    open(context, forward) {
      const store = context.windowStore<K, V>(storeName);
      return (record) => {
        const { key, value, timestamp, headers } = record;
        const isKept = key !== null && store.putEntry(key, value, timestamp, timestamp);
        if (isKept && value !== null) store.putHeaders(key, timestamp, headers);
        return forward(record);
      };
    },
  };
}

export interface StreamStreamJoin<V1, V2, R> {
  readonly side: Side;
  readonly windows: JoinWindows;
  readonly outer: JoinSides;
  /** The store with the other side's records. */
  readonly otherStore: string;
  /** The buffer for what has no partner yet; none for an inner join. */
  readonly unmatchedStore: string | undefined;
  /** Both sides share stream time under this name. */
  readonly timeName: string;
  readonly joiner: (left: V1 | null, right: V2 | null, key: unknown) => R;
}

export function streamStreamJoin<K, V1, V2, R>(
  join: StreamStreamJoin<V1, V2, R>,
): Operator<K, V1 | V2, K, R> {
  const { side, windows, outer, otherStore, unmatchedStore, timeName } = join;
  const otherSide: Side = side === 'left' ? 'right' : 'left';
  const before = side === 'left' ? windows.beforeMs : windows.afterMs;
  const after = side === 'left' ? windows.afterMs : windows.beforeMs;
  const isOuter = outer[side];
  const joined = joinerOf(join);
  return {
    kind: 'stream-stream-join',
    open(context: OperatorContext, forward: Forward<K, R>) {
      const store = context.windowStore<K, unknown>(otherStore);
      const time = context.observedTime(timeName);
      const headersWith = resultHeaders(context);
      const unmatched =
        unmatchedStore === undefined
          ? undefined
          : context.buffer<UnmatchedKey<K>, UnmatchedValues<V1, V2>>(unmatchedStore);
      const emitClosed =
        unmatched === undefined ? undefined : emitUnmatched(context, unmatched, join, forward);
      if (emitClosed !== undefined && side === 'right') {
        context.onTimeAdvance((streamTime) => {
          advanceTime(time, streamTime);
          return emitClosed(time.value);
        });
      }

      // Partners of the record at hand, read where the store keeps them.
      const partners: KeptWindow[] = [];
      const meet = (
        { key, value, timestamp, headers }: StreamRecord<K, unknown>,
        partner: KeptWindow,
      ): void | Promise<void> => {
        unmatched?.delete({ side: otherSide, timestamp: partner.time, key });
        return forward({
          key,
          value: joined(value, store.valueAt(partner, key), key),
          timestamp: Math.max(timestamp, partner.time),
          headers: headersWith(headers, store.headersAt(partner)),
        });
      };

      const match = (record: StreamRecord<K, unknown>): void | Promise<void> => {
        const { key, value, timestamp, headers } = record;
        const to = Math.max(0, timestamp + after);
        const count = store.findRange(key, Math.max(0, timestamp - before), to, partners);
        for (let index = 0; index < count; index++) {
          const pending = meet(record, partners[index]!);
          if (pending === undefined) continue;
          return pending.then(() => sequence(count, (at) => meet(record, partners[at]!), index + 1));
        }
        if (count > 0) return;
        if (!isOuter) return;
        // Nobody can come any more: there is nothing to wait for.
        if (unmatched === undefined || to < time.value)
          return forward({ key, value: joined(value, null, key), timestamp, headers });
        wait(unmatched, { side, timestamp, key }, value as V1 | V2, headers);
      };

      return (record: StreamRecord<K, unknown>) => {
        const { key, value, timestamp, headers } = record;
        advanceTime(time, timestamp);
        if (isOuter && key === null && value !== null)
          return forward({ key, value: joined(value, null, key), timestamp, headers });
        if (key === null || value === null) return context.dropped();
        const pending = timestamp === time.value ? emitClosed?.(time.value) : undefined;
        return pending === undefined ? match(record) : pending.then(() => match(record));
      };
    },
  };
}

/** What a side's own value and the other side's make, in either order. */
function joinerOf<V1, V2, R>({
  side,
  joiner,
}: StreamStreamJoin<V1, V2, R>): (own: unknown, other: unknown, key: unknown) => R {
  if (side === 'left') return (own, other, key) => returned(joiner(own as V1, other as V2, key), 'join');
  return (own, other, key) => returned(joiner(other as V1, own as V2, key), 'join');
}

type Unmatched<K, V1, V2> = TimeOrderedBuffer<UnmatchedKey<K>, UnmatchedValues<V1, V2>>;

function wait<K, V1, V2>(
  unmatched: Unmatched<K, V1, V2>,
  key: UnmatchedKey<K>,
  value: V1 | V2,
  headers: StreamRecord<K, unknown>['headers'],
): void {
  const { side, timestamp } = key;
  const values = [...(unmatched.get(key)?.newValue?.values ?? []), value];
  unmatched.put(timestamp, { key, newValue: { side, values }, oldValue: null, timestamp, headers });
}

/**
 * Sends what has waited long enough, by time, the right side first, then by key, in the order in which it
 * came.
 */
function emitUnmatched<K, V1, V2, R>(
  context: OperatorContext,
  unmatched: Unmatched<K, V1, V2>,
  { side: ownSide, windows, joiner, timeName }: StreamStreamJoin<V1, V2, R>,
  forward: Forward<K, R>,
): (streamTime: number) => void | Promise<void> {
  // Both sides share a buffer, and how often it is looked through.
  const isOpen = context.emitGate(timeName);
  const { beforeMs, afterMs, graceMs } = windows;
  const ownAfterMs = ownSide === 'left' ? afterMs : beforeMs;
  const shorter = Math.min(beforeMs, afterMs);
  const isClosed = (side: Side, timestamp: number, streamTime: number): boolean =>
    timestamp + (side === 'left' ? afterMs : beforeMs) + graceMs < streamTime;
  return (streamTime) => {
    const earliest = unmatched.minTime;
    if (earliest === undefined || earliest + ownAfterMs + graceMs >= streamTime) return;
    if (!isOpen()) return;
    // The last millisecond in which the side with the shorter wait can have closed; isClosed decides for
    // each.
    const closed = unmatched.takeUntil(streamTime - shorter - graceMs - 1, ({ side }, timestamp) =>
      isClosed(side, timestamp, streamTime),
    );
    const results = closed.flatMap(({ key: { key, side }, newValue, timestamp, headers }) =>
      newValue!.values.map((value) => ({
        key,
        value: returned(
          side === 'left' ? joiner(value as V1, null, key) : joiner(null, value as V2, key),
          'join',
        ),
        timestamp,
        headers,
      })),
    );
    return sequence(results.length, (index) => forward(results[index]!));
  };
}
