import type { Serde } from '@millrace/log-client';
import type { Named } from './named.ts';

/** How records are grouped. Serdes are needed only where the grouping goes through a topic. */
export interface Grouped<K, V> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V>;
}
