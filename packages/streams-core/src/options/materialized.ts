import type { Serde } from '@millrace/log-client';
import type { Named } from './named.ts';

/** How a table is stored. */
export interface Materialized<V> extends Named {
  /** The store's name. A table with a named store is materialized and can be queried. */
  readonly as?: string;
  /**
   * How values are stored. Default: as the input's where the type is the same, else JSON. Aggregates of which
   * JSON would lose a part (a Map, a Date, a bigint) do not compile without it.
   */
  readonly value?: Serde<V>;
  /** On disk, or in memory and restored from the changelog at each start. Default: true. */
  readonly persistent?: boolean;
  /** Whether changes go to a changelog topic. Default: true. */
  readonly logging?: boolean;
  readonly changelogConfigs?: Readonly<Record<string, string>>;
  /**
   * Where the app has a cache (`cacheMaxBytes`): whether changes of a row wait there until the next commit,
   * so that only the last is forwarded. Default: true.
   */
  readonly caching?: boolean;
  /**
   * Makes the store a versioned one: earlier versions of a row can be looked up for this long, and
   * out-of-order records take their place in time. In milliseconds.
   */
  readonly historyRetentionMs?: number;
  /**
   * Each row keeps the headers of the record that set it last, and with them its trace: queries show them,
   * deletes of rows that expire carry them, and traces of joins lead to them. Not with `historyRetentionMs`.
   * Default: false (Kafka Streams: KIP-1271).
   */
  readonly keepHeaders?: boolean;
}

/** As Materialized, for windowed tables. */
export interface MaterializedWindow<V> extends Omit<Materialized<V>, 'historyRetentionMs' | 'keepHeaders'> {
  /**
   * How long a window can be looked up after stream time has passed its start, in milliseconds. At least, and
   * by default, window size plus grace.
   */
  readonly retentionMs?: number;
}
