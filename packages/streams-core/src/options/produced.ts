import type { Named } from './named.ts';

/** Which partition of a topic a record goes to. */
export interface Partitioned<in K, in V> {
  /** Default: by the key's hash; records without a key go to the task's own partition. */
  partitioner?(
    record: { readonly key: K; readonly value: V },
    to: { readonly topic: string; readonly partitions: number },
  ): number | readonly number[] | undefined;
}

/** How a stream is written to a topic. */
export interface Produced<in K, in V> extends Named, Partitioned<K, V> {}
