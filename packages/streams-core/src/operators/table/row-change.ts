import type { VersionedPut } from '@millrace/state-stores';
import type { Change } from '../../record/record.ts';

/** A change as it goes on after its row was put. */
export function rowChange<V>(newValue: V | null, oldValue: V | null, put: VersionedPut): Change<V> {
  return put === 'latest' ? { newValue, oldValue } : { newValue, oldValue, isLatest: false };
}

/** A change with other values, as late as it was. */
export function passed<V>(change: Change<unknown>, newValue: V | null, oldValue: V | null): Change<V> {
  return change.isLatest === undefined ? { newValue, oldValue } : { newValue, oldValue, isLatest: false };
}
