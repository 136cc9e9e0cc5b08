import { createStore, type StoreSpec } from './kinds/kinds.ts';
import { LevelStore } from './level/level-store.ts';
import { MemoryStore } from './memory/memory-store.ts';
import type { StateStore } from './state-store.ts';

export interface OpenStoreOptions {
  /** The store's own folder. Left out, it lives in memory whatever its spec says. */
  readonly dir?: string;
  /** The timestamp of the record being processed, for puts that name none. In milliseconds. */
  readonly timestamp: () => number;
}

/**
 * Opens the store that a spec asks for. In memory it is open when this returns; on disk it takes a promise.
 */
export function openStore(spec: StoreSpec, options: OpenStoreOptions): StateStore | Promise<StateStore> {
  if (!spec.persistent || options.dir === undefined) {
    return createStore(spec, { backing: new MemoryStore(), timestamp: options.timestamp });
  }
  return openOnDisk(spec, options.dir, options.timestamp);
}

async function openOnDisk(spec: StoreSpec, dir: string, timestamp: () => number): Promise<StateStore> {
  // Rows that are in no topic would be lost.
  const hasChangelog = spec.logging || spec.sourceTopic !== undefined;
  const backing = await LevelStore.open(dir, { whenDamaged: hasChangelog ? 'empty' : 'fail' });
  const store = createStore(spec, { backing, timestamp });
  await store.load();
  return store;
}
