import type { StoreSpec } from '@millrace/state-stores';
import type { Named } from './named.ts';

/**
 * The stores a processor may use: specs, which are added to the topology, or names of stores that were added
 * before.
 */
export interface ProcessOptions extends Named {
  readonly stores?: readonly (string | StoreSpec)[];
}
