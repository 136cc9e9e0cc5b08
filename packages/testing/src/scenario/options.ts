import type { BufferLimits, Materialized } from '@millrace/streams-core';
import { UnsupportedScenario } from './functions.ts';

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

/** How a scenario's table is kept. @throws UnsupportedScenario for a versioned store */
export function materialized({
  id,
  store,
}: {
  readonly id: string;
  readonly store?:
    | {
        readonly name: string;
        readonly versioned?: boolean | undefined;
        readonly retentionMs?: number | undefined;
      }
    | undefined;
}): Materialized<never> & { retentionMs?: number } {
  if (store?.versioned === true) throw new UnsupportedScenario('there are no versioned stores yet');
  return {
    name: id,
    ...(store === undefined ? {} : { as: store.name }),
    ...(store?.retentionMs === undefined ? {} : { retentionMs: store.retentionMs }),
  };
}
