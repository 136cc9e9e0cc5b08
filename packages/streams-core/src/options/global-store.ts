import type { StoreSpec } from '@millrace/state-stores';
import type { Topic } from '../serde/topic.ts';
import type { ProcessorSupplier } from '../topology/processor.ts';

/** A store that every instance fills with a whole topic, by a processor of the user's. */
export interface GlobalStore<K, V> {
  readonly store: StoreSpec;
  readonly topic: Topic<K, V>;
  /**
   * Gets every record of the topic, also those from before the app was started, and puts what it likes into
   * the store.
   */
  readonly supplier: ProcessorSupplier<K, V, never, never>;
  /** The processor's name. Default: after the store's. */
  readonly name?: string;
}
