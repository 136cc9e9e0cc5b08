import type { Serde } from '@millrace/log-client';
import type { Named } from './named.ts';
import type { Partitioned } from './produced.ts';

/** How a stream goes through a repartition topic. */
export interface Repartitioned<K, V> extends Named, Partitioned<K, V> {
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
  /** Default: as many as the input topics have. */
  readonly partitions?: number;
}
