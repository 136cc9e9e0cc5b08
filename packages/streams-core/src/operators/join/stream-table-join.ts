import { noHeaders } from '@millrace/log-client';
import type { Forward, StreamRecord } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { NumberedKey } from '../../serde/numbered-key-serde.ts';
import type { Operator, OperatorContext } from '../../topology/operator.ts';
import { returned } from '../../record/returned.ts';
import { resultHeaders } from './result-headers.ts';
import { advanceTime } from '../observed-time.ts';

export interface StreamTableJoin<K, V, K2, V2, R> {
  /** The node whose table is looked up. */
  readonly table: string;
  /** Its rows come in versions: looked up as of the record's timestamp. */
  readonly versioned: boolean;
  /** The table's key for a record: the record's own, save with a global table. */
  readonly selectKey: (value: V, key: K) => K2 | null;
  readonly joiner: (value: V, other: V2 | null, key: K) => R;
  /** Also where the table has no row. */
  readonly left: boolean;
  /** How long records wait for the table, in milliseconds of stream time, and the buffer they wait in. */
  readonly grace?: { readonly graceMs: number; readonly bufferName: string } | undefined;
}

/**
 * Joins each record of a stream with the table's row: that of the moment or, from a versioned table, the one
 * valid at the record's timestamp. Only the stream triggers; the result has the record's timestamp. A null
 * value is dropped; so is a record without a key for the table, save in a left join, where it joins with
 * nothing (Kafka Streams 4.3: KStreamKTableJoinProcessor).
 */
export function streamTableJoin<K, V, K2, V2, R>(
  options: StreamTableJoin<K, V, K2, V2, R>,
): Operator<K, V, K, R> {
  const { table, versioned, selectKey, joiner, left, grace } = options;
  return {
    kind: left ? 'stream-table-left-join' : 'stream-table-join',
    open(context, forward) {
      const rows = context.lookup<K2, V2>(table);
      const headersWith = resultHeaders(context);
      const join: Forward<K, V> = ({ key, value, timestamp, headers }) => {
        if (value === null) return context.dropped();
        const mapped = selectKey(value, key);
        if (mapped === null && !left) return context.dropped();
        const row = mapped === null ? undefined : rows.get(mapped, versioned ? timestamp : undefined);
        if (row === undefined && !left) return;
        return forward({
          key,
          value: returned(joiner(value, row?.value ?? null, key), 'join'),
          timestamp,
          headers: headersWith(headers, row?.headers),
        });
      };
      return grace === undefined ? join : waiting(context, grace, join);
    },
  };
}

/**
 * Holds records back until stream time is past their timestamp and the grace, then joins them by time and by
 * key. Records that are later than that are joined at once (KIP-923).
 */
function waiting<K, V>(
  context: OperatorContext,
  { graceMs, bufferName }: { readonly graceMs: number; readonly bufferName: string },
  join: Forward<K, V>,
): Forward<K, V> {
  const buffer = context.buffer<NumberedKey<K>, V>(bufferName);
  const time = context.observedTime();
  // Tells apart records of one key and time; saved like a time, because it only grows.
  const sequenceNumber = context.observedTime(`${context.nodeName}-sequence`);
  const joinDue = (): void | Promise<void> => {
    const until = time.value - graceMs;
    if ((buffer.minTime ?? Number.POSITIVE_INFINITY) > until) return;
    const due = buffer.takeUntil(until);
    return sequence(due.length, (index) => {
      const { key, newValue, timestamp, headers } = due[index]!;
      return join({ key: key.key, value: newValue!, timestamp, headers });
    });
  };
  context.onTimeAdvance((streamTime) => {
    advanceTime(time, streamTime);
    return joinDue();
  });
  return (record: StreamRecord<K, V>) => {
    const { key, value, timestamp, headers } = record;
    // Neither has anything to wait for: it is dropped, or joined with nothing.
    if (key === null || value === null || timestamp < time.value - graceMs) return join(record);
    advanceTime(time, timestamp);
    const numbered = { key, sequence: ++sequenceNumber.value };
    buffer.put(timestamp, {
      key: numbered,
      newValue: value,
      oldValue: null,
      timestamp,
      headers: headers.length === 0 ? noHeaders : headers,
    });
    return joinDue();
  };
}
