import { sequence } from '../../sequence.ts';
import type { Operator } from '../../topology/operator.ts';
import type { JoinWindows } from '../../windows/join-windows.ts';

export interface StreamSelfJoin<V, R> {
  readonly windows: JoinWindows;
  /** The store with the stream's records; a record is in it before it comes here. */
  readonly storeName: string;
  readonly joiner: (left: V, right: V, key: unknown) => R;
}

/**
 * A stream joined with itself over one store: the results, and their order, are those of the join of two equal streams
 * (Kafka Streams: KStreamKStreamSelfJoin).
 */
export function streamSelfJoin<K, V, R>({
  windows,
  storeName,
  joiner,
}: StreamSelfJoin<V, R>): Operator<K, V, K, R> {
  const { beforeMs, afterMs } = windows;
  return {
    kind: 'stream-self-join',
    open(context, forward) {
      const store = context.windowStore<K, V>(storeName);
      return ({ key, value, timestamp, headers }) => {
        if (key === null || value === null) return context.dropped();
        const within = (before: number, after: number) =>
          store.fetchRange(key, Math.max(0, timestamp - before), Math.max(0, timestamp + after));
        const results: { readonly value: R; readonly timestamp: number }[] = [];
        const add = (left: V, right: V, other: number): void => {
          results.push({ value: joiner(left, right, key), timestamp: Math.max(timestamp, other) });
        };
        // As the left side it meets what came before it; as the right side that and itself.
        const earlier = within(beforeMs, afterMs);
        const own = earlier.findLastIndex(({ start }) => start === timestamp);
        for (const [index, other] of earlier.entries())
          if (index !== own) add(value, other.value, other.start);
        for (const other of within(afterMs, beforeMs)) add(other.value, value, other.start);
        return sequence(results.length, (index) => forward({ key, ...results[index]!, headers }));
      };
    },
  };
}
