import type { TimeOrderedBuffer } from '@millrace/state-stores';
import { StreamsError } from '../../errors.ts';
import type { Change, Forward, StreamRecord } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { Operator, TableLookup } from '../../topology/operator.ts';
import { advanceTime } from '../observed-time.ts';

/** How much may wait, and what to do with more: send the earliest before its time, or stop. */
export interface BufferLimits {
  readonly maxRecords?: number;
  /** Bytes of keys, values and what comes with them. */
  readonly maxBytes?: number;
  readonly whenFull: 'emit' | 'shutdown';
}

export interface Suppression<K, V> {
  /** The table whose changes are held back. */
  readonly parent: string;
  readonly bufferName: string;
  /** When a change came in, or the end of its window. */
  readonly timeOf: (record: StreamRecord<K, Change<V>>) => number;
  /** How far the largest timestamp seen must be past that time. */
  readonly delayMs: number;
  /** Deletes are left out: of a final result nothing was sent before. */
  readonly dropDeletes: boolean;
  readonly limits: BufferLimits | undefined;
  /** The bytes a change counts for, where they are limited. */
  readonly bytesOf: (record: StreamRecord<K, Change<V>>, topic: string) => number;
}

/**
 * Holds a table's changes back and sends the last one of each key, once the largest timestamp seen is far
 * enough past the time of the first (Kafka Streams: KTableSuppressProcessorSupplier).
 */
export function suppress<K, V>(suppression: Suppression<K, V>): Operator<K, Change<V>, K, Change<V>> {
  const { parent, bufferName, timeOf, delayMs, dropDeletes, limits, bytesOf } = suppression;
  return {
    kind: 'suppress',
    open(context, forward) {
      const buffer = context.buffer<K, V>(bufferName);
      const time = context.observedTime();
      const evict =
        limits === undefined ? undefined : evictor({ buffer, limits, nodeName: context.nodeName, forward });
      const sendDue = (until: number): void | Promise<void> => {
        const due = buffer.takeUntil(until).filter((change) => !dropDeletes || change.newValue !== null);
        return sequence(due.length, (index) => send(due[index]!, forward));
      };
      context.onTimeAdvance((streamTime) => {
        advanceTime(time, streamTime);
        return sendDue(time.value - delayMs);
      });
      return (record: StreamRecord<K, Change<V>>) => {
        const { key, value, timestamp, headers } = record;
        advanceTime(time, timestamp);
        const { newValue, oldValue } = value;
        const bytes =
          limits?.maxBytes === undefined
            ? 0
            : bytesOf(record, context.processorContext.recordMetadata?.topic ?? '');
        buffer.put(timeOf(record), { key, newValue, oldValue, timestamp, headers }, bytes);
        const until = time.value - delayMs;
        if (buffer.minTime! > until) return evict?.();
        const pending = sendDue(until);
        return pending === undefined ? evict?.() : pending.then(evict);
      };
    },
    /** As those downstream know it: rows that wait are still what they were. */
    lookup(context): TableLookup<K, V> {
      const buffer = context.buffer<K, V>(bufferName);
      const rows = context.lookup<K, V>(parent);
      return {
        get(key) {
          const waiting = buffer.prior(key);
          if (waiting === undefined) return rows.get(key);
          return waiting.value === null ? undefined : { value: waiting.value, timestamp: -1 };
        },
      };
    },
  };
}

type Buffered<K, V> = NonNullable<ReturnType<TimeOrderedBuffer<K, V>['takeFirst']>>;

function send<K, V>(change: Buffered<K, V>, forward: Forward<K, Change<V>>): void | Promise<void> {
  const { key, newValue, oldValue, timestamp, headers } = change;
  return forward({ key, value: { newValue, oldValue }, timestamp, headers });
}

/**
 * Sends the earliest changes while there are too many: never final results, which may not come early.
 * @throws StreamsError where more is a mistake
 */
function evictor<K, V>({
  buffer,
  limits,
  nodeName,
  forward,
}: {
  readonly buffer: TimeOrderedBuffer<K, V>;
  readonly limits: BufferLimits;
  readonly nodeName: string;
  readonly forward: Forward<K, Change<V>>;
}): () => void | Promise<void> {
  const { maxRecords = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, whenFull } = limits;
  const isFull = (): boolean => buffer.size > maxRecords || buffer.bytes > maxBytes;
  const evict = (): void | Promise<void> => {
    while (isFull()) {
      if (whenFull === 'shutdown') {
        throw new StreamsError(
          'RECORD_PROCESSING',
          `${nodeName}: the buffer is full with ${buffer.size} records and ${buffer.bytes} bytes; allow it more, or send early with whenFull: 'emit'`,
        );
      }
      const pending = send(buffer.takeFirst()!, forward);
      if (pending !== undefined) return pending.then(evict);
    }
  };
  return evict;
}
