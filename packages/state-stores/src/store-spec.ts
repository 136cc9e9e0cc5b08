import type { Serde } from '@millrace/log-client';

export type StoreKind = 'key-value' | 'versioned' | 'window' | 'session' | 'group' | 'time-ordered-buffer';

/** What a topology says about a store. Data, so that a topology can be described, tested and run from it. */
export interface StoreSpec<K = unknown, V = unknown> {
  readonly kind: StoreKind;
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
  /** On disk (LevelDB), or in memory only and restored from the changelog at each start. */
  readonly persistent: boolean;
  /** Whether changes go to a changelog topic. Without one, state is gone when its task moves or its disk is lost. */
  readonly logging: boolean;
  /** Settings of the changelog topic beyond the defaults. */
  readonly changelogConfigs?: Readonly<Record<string, string>>;
  /**
   * Window stores: how long an entry is kept after stream time has passed its start; session stores: its end; versioned
   * stores: how long a version is kept after the next one has come. In milliseconds.
   */
  readonly retentionMs?: number;
  /** Window stores: the size of the windows, in milliseconds. */
  readonly windowSizeMs?: number;
  /** Window stores: a put adds to what is there, instead of replacing it. */
  readonly retainDuplicates?: boolean;
  /** The topic that holds the same as a changelog would: the store is restored from it, and writes none of its own. */
  readonly sourceTopic?: string;
  /** Window and session stores: entries can be taken out by time, each once, as they close. */
  readonly indexedByTime?: boolean;
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

/** A key-value store for `addStateStore` and the Processor API. */
export function keyValueStore<K, V>(
  options: StoreOptions<K, V>,
): StoreSpec<K, V> & { readonly kind: 'key-value' } {
  return { persistent: true, logging: true, ...options, kind: 'key-value' };
}

/** A window store: values by key and window start, kept for `retentionMs` of stream time. */
export function windowStore<K, V>(
  options: StoreOptions<K, V> & { readonly retentionMs: number; readonly windowSizeMs: number },
): StoreSpec<K, V> & { readonly kind: 'window' } {
  if (!(options.retentionMs >= options.windowSizeMs)) {
    throw new RangeError(
      `Window store "${options.name}": retentionMs (${options.retentionMs}) must be at least windowSizeMs (${options.windowSizeMs})`,
    );
  }
  return { persistent: true, logging: true, ...options, kind: 'window' };
}

/** A session store: values by key, session start and end, kept for `retentionMs` of stream time after the end. */
export function sessionStore<K, V>(
  options: StoreOptions<K, V> & { readonly retentionMs: number },
): StoreSpec<K, V> & { readonly kind: 'session' } {
  return { persistent: true, logging: true, ...options, kind: 'session' };
}

/** A versioned key-value store: earlier values can be read for `historyRetentionMs` of stream time. */
export function versionedStore<K, V>({
  historyRetentionMs,
  ...options
}: StoreOptions<K, V> & { readonly historyRetentionMs: number }): StoreSpec<K, V> & {
  readonly kind: 'versioned';
} {
  if (!(historyRetentionMs >= 0)) {
    throw new RangeError(
      `Versioned store "${options.name}": historyRetentionMs must not be negative, got ${historyRetentionMs}`,
    );
  }
  return { persistent: true, logging: true, ...options, retentionMs: historyRetentionMs, kind: 'versioned' };
}
