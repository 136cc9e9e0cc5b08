import type { StoreSpec } from '@millrace/state-stores';
import { checking } from '../../serde/checking.ts';

/** A store whose serdes check what is put into it, where they know how. */
export function checkingSpec(spec: StoreSpec): StoreSpec {
  return { ...spec, key: checking(spec.key), value: checking(spec.value) };
}
