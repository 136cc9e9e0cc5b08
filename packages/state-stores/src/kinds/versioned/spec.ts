import type { CommonSpec, StoreOptions } from '../common-spec.ts';

export interface VersionedSpec<K, V> extends CommonSpec<K, V> {
  readonly kind: 'versioned';
  /** How long a version is kept after the next one has come. In milliseconds of stream time. */
  readonly historyRetentionMs: number;
}

/** A versioned key-value store: earlier values can be read for `historyRetentionMs` of stream time. */
export function versionedStore<K, V>(
  options: StoreOptions<K, V> & { readonly historyRetentionMs: number },
): VersionedSpec<K, V> {
  const { name, historyRetentionMs } = options;
  if (!(historyRetentionMs >= 0)) {
    throw new RangeError(
      `Versioned store "${name}": historyRetentionMs must not be negative, got ${historyRetentionMs}`,
    );
  }
  return { persistent: true, logging: true, ...options, kind: 'versioned' };
}
