/** For the runtime and for test drivers: stores with their lifecycle, and what they are made of. */
export {
  type BytesChange,
  type BytesRange,
  type BytesStore,
  type Checkpoint,
  compareBytes,
} from './bytes-store.ts';
export type { RowStore } from './kinds/row-store.ts';
export { createStore } from './kinds/kinds.ts';
export type { ClosedSession, SessionRowStore } from './kinds/session/store.ts';
export type {
  ChangedRow,
  Isolation,
  KeyValueQueries,
  StoreQueries,
  StoreRow,
  TimeSpan,
  VersionedQueries,
  WindowedQueries,
  WindowedStoreRow,
} from './kinds/store-queries.ts';
export type { KeptWindow, WindowRowStore } from './kinds/window/store.ts';
export { KeyMap } from './layers/key-map.ts';
export { mapKeyOf } from './layers/codec.ts';
export type { ViewOptions } from './layers/view-options.ts';
export type { StoreStats, WriteBackLimits } from './layers/write-back.ts';
export { LevelStore, type LevelStoreOptions } from './level/level-store.ts';
export { MemoryStore } from './memory/memory-store.ts';
export { openStore, type OpenStoreOptions } from './open-store.ts';
export type { StateStore } from './state-store.ts';
