import type { Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { Named } from './named.ts';

/**
 * The stores a processor may use: specs, which are added to the topology, or names of stores that were added
 * before.
 */
export interface ProcessOptions extends Named {
  readonly stores?: readonly (string | StoreSpec)[];
}

/**
 * What a processor forwards: the types of its context come from these serdes, and what is behind it uses
 * them.
 */
export interface ForwardsValues<V> {
  readonly value?: Serde<V>;
}

/** As {@link ForwardsValues}, with keys. */
export interface Forwards<K, V> extends ForwardsValues<V> {
  readonly key?: Serde<K>;
}
