/** For users: what a topology says of its stores, and what processors get of them. */
export { isStoreError, StoreError, type StoreErrorCode, storeErrorCodes } from './errors.ts';
export type { StoreOptions } from './kinds/common-spec.ts';
export type { GroupEntry, GroupStore } from './kinds/group/store.ts';
export { type KeyValueSpec, keyValueStore } from './kinds/key-value/spec.ts';
export type {
  KeyValueStore,
  RangeOptions,
  ReadOnlyKeyValueStore,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
} from './kinds/key-value/store.ts';
export type { PublicStore, StoreKind, StoreKinds, StoreSpec } from './kinds/kinds.ts';
export { type SessionSpec, sessionStore } from './kinds/session/spec.ts';
export type { ReadOnlySessionStore, SessionEntry, SessionScan, SessionStore } from './kinds/session/store.ts';
export type { BufferedChange, TimeOrderedBuffer } from './kinds/time-ordered-buffer/store.ts';
export { type VersionedSpec, versionedStore } from './kinds/versioned/spec.ts';
export type {
  ReadOnlyVersionedStore,
  VersionedPut,
  VersionedRecord,
  VersionedStore,
} from './kinds/versioned/store.ts';
export { type WindowSpec, windowStore } from './kinds/window/spec.ts';
export type { ReadOnlyWindowStore, WindowEntry, WindowScan, WindowStore } from './kinds/window/store.ts';
