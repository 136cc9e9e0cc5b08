import type { OffsetReset, StreamPartitioner } from '../topology/nodes.ts';
import type { TimestampExtractor } from '../topology/timestamp-extractor.ts';
import type { Named } from './options.ts';

/** How a topic is read. */
export interface Consumed<in K, in V> extends Named {
  /** Where timestamps come from. Default: from the records; a negative one stops the app. */
  readonly timestampExtractor?: TimestampExtractor<K, V>;
  /** Where to start where nothing was committed. Default: at the beginning. */
  readonly offsetReset?: OffsetReset;
}

/** How a stream is written to a topic. */
export interface Produced<in K, in V> extends Named {
  /** Default: by the key's hash; records without a key go to the task's own partition. */
  partitioner?(
    record: { readonly key: K; readonly value: V },
    to: { readonly topic: string; readonly partitions: number },
  ): number | readonly number[] | undefined;
}

/** The partitioner among some options. */
export function partitionerOf<K, V>(
  options: Pick<Produced<K, V>, 'partitioner'>,
): StreamPartitioner<K, V> | undefined {
  if (options.partitioner === undefined) return undefined;
  return (record, to) => options.partitioner!(record, to);
}
