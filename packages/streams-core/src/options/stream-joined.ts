import type { Serde } from '@millrace/log-client';
import type { Named } from './named.ts';

/** How a stream-stream join stores the records of its two streams. */
export interface StreamJoined<K, V1, V2> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V1>;
  readonly otherValue?: Serde<V2>;
  /** The beginning of the stores' names. */
  readonly storeName?: string;
  /** On disk, or in memory and restored from the changelogs at each start. Default: true. */
  readonly persistent?: boolean;
  /** Whether the stores have changelog topics. Default: true. */
  readonly logging?: boolean;
  readonly changelogConfigs?: Readonly<Record<string, string>>;
  /**
   * Records that wait for a partner keep their headers, so that the trace of a result leads to both. Results
   * have the headers of the record that came last in any case. Default: false.
   */
  readonly keepHeaders?: boolean;
}
