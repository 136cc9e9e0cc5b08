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
  ValueAndTimestamp,
} from './key-value-store.ts';
export { LevelStore } from './level/level-store.ts';
export { MemoryStore } from './memory/memory-store.ts';
export { createStore, openStore, type OpenStoreOptions } from './open-store.ts';
export type { StateStore } from './state-store.ts';
export {
  keyValueStore,
  type StoreKind,
  type StoreOptions,
  type StoreSpec,
  windowStore,
} from './store-spec.ts';
export type { BufferedChange, TimeOrderedBuffer } from './time-ordered-buffer.ts';
export { BufferView } from './views/buffer-view.ts';
export { KeyValueFacade } from './views/key-value-facade.ts';
export { KeyValueView } from './views/key-value-view.ts';
export { WindowView } from './views/window-view.ts';
export type { ReadOnlyWindowStore, WindowEntry, WindowStore } from './window-store.ts';
