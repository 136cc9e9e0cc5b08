import type { Serde } from '@millrace/log-client';
import type { Named } from './named.ts';

/** How a stream goes through a repartition topic. */
export interface Repartitioned<K, V> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /** Default: as many as the input topics have. */
  readonly partitions?: number;
  /** Default: by the key's hash. */
  partitioner?(
    record: { readonly key: K; readonly value: V },
    to: { readonly topic: string; readonly partitions: number },
  ): number | readonly number[] | undefined;
}
