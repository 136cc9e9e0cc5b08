export {
  type BytesChange,
  type BytesRange,
  type BytesStore,
  type Checkpoint,
  compareBytes,
} from './bytes-store.ts';
export { isStoreError, StoreError, type StoreErrorCode, storeErrorCodes } from './errors.ts';
export type {
  KeyValueStore,
  RangeOptions,
  ReadOnlyKeyValueStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from './key-value-store.ts';
export { KeyMap } from './layers/key-map.ts';
export { mapKeyOf } from './layout/codec.ts';
export { LevelStore, type LevelStoreOptions } from './level/level-store.ts';
export { MemoryStore } from './memory/memory-store.ts';
export { createStore, openStore, type OpenStoreOptions } from './open-store.ts';
export type { GroupMember, GroupStore } from './group-store.ts';
export type { ReadOnlySessionStore, SessionEntry, SessionScan, SessionStore } from './session-store.ts';
export type { PublicStore, StateStore } from './state-store.ts';
export {
  keyValueStore,
  sessionStore,
  type StoreKind,
  type StoreOptions,
  type StoreSpec,
  versionedStore,
  windowStore,
} from './store-spec.ts';
export type { BufferedChange, TimeOrderedBuffer } from './time-ordered-buffer.ts';
export { BufferView } from './views/buffer-view.ts';
export type {
  ReadOnlyVersionedStore,
  VersionedPut,
  VersionedRecord,
  VersionedStore,
} from './versioned-store.ts';
export { GroupView } from './views/group-view.ts';
export { KeyValueView } from './views/key-value-view.ts';
export { SessionView } from './views/session-view.ts';
export { VersionedView } from './views/versioned-view.ts';
export { WindowView } from './views/window-view.ts';
export type { ReadOnlyWindowStore, WindowEntry, WindowScan, WindowStore } from './window-store.ts';
