import type { OffsetReset } from '../topology/graph/nodes.ts';
import type { TimestampExtractor } from '../topology/timestamp-extractor.ts';
import type { Named } from './named.ts';

/** How a topic is read. */
export interface Consumed<in K, in V> extends Named {
  /** Where timestamps come from. Default: from the records; a negative one stops the app. */
  readonly timestampExtractor?: TimestampExtractor<K, V>;
  /** Where to start without a committed offset. Default: at the beginning. */
  readonly offsetReset?: OffsetReset;
}
