import type { Serde } from '@millrace/log-client';
import { type StoreSpec, windowStore } from '@millrace/state-stores';
import { TopologyError } from '../errors.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { MaterializedWindow } from './options.ts';

/** The store of a table by key and window. @throws TopologyError where it would forget windows that still change */
export function windowedStore<K, A>(
  node: string,
  name: string,
  { sizeMs, graceMs }: TimeWindows,
  key: Serde<K>,
  value: Serde<A>,
  { retentionMs, persistent = true, logging = true, changelogConfigs }: MaterializedWindow<A>,
): StoreSpec<K, A> {
  const least = sizeMs + graceMs;
  if (retentionMs !== undefined && retentionMs < least) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: the retention of "${name}" (${retentionMs} ms) must be at least the windows' size plus their grace (${least} ms)`,
    );
  }
  const spec = {
    name,
    key,
    value,
    persistent,
    logging,
    retentionMs: retentionMs ?? least,
    windowSizeMs: sizeMs,
  };
  return windowStore(changelogConfigs === undefined ? spec : { ...spec, changelogConfigs });
}
