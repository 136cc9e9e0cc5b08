import type { Serde } from '@millrace/log-client';

/**
 * What a topology says about a store of any kind. Data, so that a topology can be described, tested and run
 * from it.
 */
export interface CommonSpec<K, V> {
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** On disk (LevelDB), or in memory only and restored from the changelog at each start. */
  readonly persistent: boolean;
  /**
   * Whether changes go to a changelog topic. Without one, state is lost when its task moves or its disk
   * fails.
   */
  readonly logging: boolean;
  /** Settings of the changelog topic beyond the defaults. */
  readonly changelogConfigs?: Readonly<Record<string, string>>;
  /**
   * The topic that holds the same as a changelog would: the store is restored from it, and has no changelog.
   */
  readonly sourceTopic?: string;
}

export interface StoreOptions<K, V> {
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** Default: true, on disk. */
  readonly persistent?: boolean;
  /** Default: true. */
  readonly logging?: boolean;
  readonly changelogConfigs?: Readonly<Record<string, string>>;
}
