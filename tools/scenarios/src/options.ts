import type { BufferLimits, Materialized } from '@millrace/streams-core';

/** A buffer's limits, without what is not given. */
export function defined({
  maxRecords,
  maxBytes,
  whenFull,
}: {
  readonly maxRecords?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly whenFull: 'emit' | 'shutdown';
}): BufferLimits {
  return {
    whenFull,
    ...(maxRecords === undefined ? {} : { maxRecords }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}

/** How a scenario's table is kept. */
export function materialized({
  id,
  store,
}: {
  readonly id: string;
  readonly store?:
    | {
        readonly name: string;
        readonly versioned?: boolean | undefined;
        readonly historyRetentionMs?: number | undefined;
        readonly caching?: boolean | undefined;
        readonly retentionMs?: number | undefined;
      }
    | undefined;
}): Materialized<never> & { retentionMs?: number } {
  return {
    name: id,
    ...(store === undefined ? {} : { as: store.name }),
    ...(store?.versioned === true ? { historyRetentionMs: store.historyRetentionMs ?? 0 } : {}),
    ...(store?.caching === undefined ? {} : { caching: store.caching }),
    ...(store?.retentionMs === undefined ? {} : { retentionMs: store.retentionMs }),
  };
}
