import type { Named } from './named.ts';

/** How a stream is written to a topic. */
export interface Produced<in K, in V> extends Named {
  /** Default: by the key's hash; records without a key go to the task's own partition. */
  partitioner?(
    record: { readonly key: K; readonly value: V },
    to: { readonly topic: string; readonly partitions: number },
  ): number | readonly number[] | undefined;
}
