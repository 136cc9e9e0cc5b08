import type { BytesStore } from './bytes-store.ts';
import { LevelStore } from './level/level-store.ts';
import { MemoryStore } from './memory/memory-store.ts';
import type { StateStore } from './state-store.ts';
import type { StoreSpec } from './store-spec.ts';
import { BufferView } from './views/buffer-view.ts';
import { GroupView } from './views/group-view.ts';
import { KeyValueView } from './views/key-value-view.ts';
import { SessionView } from './views/session-view.ts';
import { VersionedView } from './views/versioned-view.ts';
import { WindowView } from './views/window-view.ts';

export interface OpenStoreOptions {
  /** The store's own folder. Left out, it lives in memory whatever its spec says. */
  readonly dir?: string;
  /** The timestamp of the record being processed, for puts that name none. In milliseconds. */
  readonly timestamp: () => number;
}

/** Lays a view over bytes. */
export function createStore(spec: StoreSpec, backing: BytesStore, timestamp: () => number): StateStore {
  switch (spec.kind) {
    case 'key-value':
      return new KeyValueView(spec, backing, timestamp);
    case 'window':
      return new WindowView(spec, backing, timestamp);
    case 'session':
      return new SessionView(spec, backing);
    case 'versioned':
      return new VersionedView(spec, backing);
    case 'group':
      return new GroupView(spec, backing);
    case 'time-ordered-buffer':
      return new BufferView(spec, backing);
  }
}

/** Opens the store that a spec asks for. In memory it is open when this returns; on disk it takes a promise. */
export function openStore(spec: StoreSpec, options: OpenStoreOptions): StateStore | Promise<StateStore> {
  if (!spec.persistent || options.dir === undefined) {
    return createStore(spec, new MemoryStore(), options.timestamp);
  }
  return openOnDisk(spec, options.dir, options.timestamp);
}

async function openOnDisk(spec: StoreSpec, dir: string, timestamp: () => number): Promise<StateStore> {
  // What is in no topic would be gone for good.
  const hasChangelog = spec.logging || spec.sourceTopic !== undefined;
  const backing = await LevelStore.open(dir, { whenDamaged: hasChangelog ? 'empty' : 'fail' });
  const store = createStore(spec, backing, timestamp);
  await store.load();
  return store;
}
