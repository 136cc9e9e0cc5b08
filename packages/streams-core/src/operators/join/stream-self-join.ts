import type { WindowEntry } from '@millrace/state-stores';
import type { StreamRecord } from '../../record/record.ts';
import { sequence } from '../../record/sequence.ts';
import type { Operator } from '../../topology/operator.ts';
import type { JoinWindows } from '../../windows/join-windows.ts';
import { resultHeaders } from './result-headers.ts';
import { returned } from '../../record/returned.ts';

export interface StreamSelfJoin<V, R> {
  readonly windows: JoinWindows;
  /** The store with the stream's records; a record is in it before it comes here. */
  readonly storeName: string;
  readonly joiner: (left: V, right: V, key: unknown) => R;
}

/**
 * A stream joined with itself over one store: the results, and their order, are those of the join of two
 * equal streams (Kafka Streams: KStreamKStreamSelfJoin).
 */
export function streamSelfJoin<K, V, R>({
  windows,
  storeName,
  joiner,
}: StreamSelfJoin<V, R>): Operator<K, V, K, R> {
  const { beforeMs, afterMs, sizeMs, graceMs } = windows;
  return {
    kind: 'stream-self-join',
    open(context, forward) {
      const store = context.windowStore<K, V>(storeName);
      const seen = context.observedTime();
      const headersWith = resultHeaders(context);
      return ({ key, value, timestamp, headers }) => {
        const before = seen.value;
        // Whatever has a key is put into the store, or tried to.
        if (key !== null) seen.value = Math.max(before, timestamp);
        if (key === null || value === null) return context.dropped();
        // Two stores would each hide what is older than their retention, as of the last record put into it.
        const within = (earlierMs: number, laterMs: number, storeTime: number) => {
          const oldest = Math.max(timestamp - earlierMs, storeTime - sizeMs - graceMs + 1);
          return store.fetchRange(key, Math.max(0, oldest), Math.max(0, timestamp + laterMs));
        };
        const results: StreamRecord<K, R>[] = [];
        const add = (left: V, right: V, other: WindowEntry<V>): void => {
          results.push({
            key,
            value: returned(joiner(left, right, key), 'join'),
            timestamp: Math.max(timestamp, other.start),
            headers: headersWith(headers, other.headers),
          });
        };
        // As the left side it meets what came before it; as the right side that and itself.
        const earlier = within(beforeMs, afterMs, before);
        const own = earlier.findLastIndex(({ start }) => start === timestamp);
        for (const [index, other] of earlier.entries()) if (index !== own) add(value, other.value, other);
        for (const other of within(afterMs, beforeMs, seen.value)) add(other.value, value, other);
        return sequence(results.length, (index) => forward(results[index]!));
      };
    },
  };
}
