import { createStore, type StoreSpec } from './kinds/kinds.ts';
import type { ViewOptions } from './layers/view-options.ts';
import { MemoryStore } from './memory/memory-store.ts';
import type { StateStore } from './state-store.ts';

export interface OpenStoreOptions extends Pick<ViewOptions, 'timestamp' | 'headers'> {
  /** The store's own folder. Left out, it lives in memory whatever its spec says. */
  readonly dir?: string;
}

/**
 * Opens the store that a spec asks for. In memory it is open when this returns; on disk it takes a promise.
 */
export function openStore(
  spec: StoreSpec,
  { dir, ...record }: OpenStoreOptions,
): StateStore | Promise<StateStore> {
  if (!spec.persistent || dir === undefined)
    return createStore(spec, { backing: new MemoryStore(), ...record });
  return openOnDisk(spec, dir, record);
}

async function openOnDisk(
  spec: StoreSpec,
  dir: string,
  record: Omit<ViewOptions, 'backing'>,
): Promise<StateStore> {
  // Topologies without stores on disk, and pages, need none of it.
  const { LevelStore } = await import('./level/level-store.ts');
  // Rows that are in no topic would be lost.
  const hasChangelog = spec.logging || spec.sourceTopic !== undefined;
  const backing = await LevelStore.open(dir, { whenDamaged: hasChangelog ? 'empty' : 'fail' });
  const store = createStore(spec, { backing, ...record });
  await store.load();
  return store;
}
