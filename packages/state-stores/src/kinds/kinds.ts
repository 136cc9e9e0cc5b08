import type { StateStore } from '../state-store.ts';
import type { GroupSpec } from './group/spec.ts';
import type { GroupStore } from './group/store.ts';
import { GroupView } from './group/view.ts';
import type { KeyValueSpec } from './key-value/spec.ts';
import type { KeyValueStore } from './key-value/store.ts';
import { KeyValueView } from './key-value/view.ts';
import type { SessionSpec } from './session/spec.ts';
import type { SessionStore } from './session/store.ts';
import { SessionView } from './session/view.ts';
import type { BufferSpec } from './time-ordered-buffer/spec.ts';
import type { TimeOrderedBuffer } from './time-ordered-buffer/store.ts';
import { BufferView } from './time-ordered-buffer/view.ts';
import type { VersionedSpec } from './versioned/spec.ts';
import type { VersionedStore } from './versioned/store.ts';
import { VersionedView } from './versioned/view.ts';
import type { ViewOptions } from '../layers/view-options.ts';
import type { WindowSpec } from './window/spec.ts';
import type { WindowStore } from './window/store.ts';
import { WindowView } from './window/view.ts';

/** The kinds of stores: for each what a topology says of one, and what user code gets of it. */
export interface StoreKinds<K, V> {
  'key-value': { spec: KeyValueSpec<K, V>; store: KeyValueStore<K, V> };
  versioned: { spec: VersionedSpec<K, V>; store: VersionedStore<K, V> };
  window: { spec: WindowSpec<K, V>; store: WindowStore<K, V> };
  session: { spec: SessionSpec<K, V>; store: SessionStore<K, V> };
  group: { spec: GroupSpec<K, V>; store: GroupStore<K, V> };
  'time-ordered-buffer': { spec: BufferSpec<K, V>; store: TimeOrderedBuffer<K, V> };
}

export type StoreKind = keyof StoreKinds<unknown, unknown>;

/** What a topology says about a store. */
export type StoreSpec<K = unknown, V = unknown> = StoreKinds<K, V>[StoreKind]['spec'];

/** A store as user code has it, whatever its kind. */
export type PublicStore = StoreKinds<unknown, unknown>[StoreKind]['store'];

/** How a store of each kind is opened over bytes. */
const views: {
  readonly [Kind in StoreKind]: (
    spec: StoreKinds<unknown, unknown>[Kind]['spec'],
    options: ViewOptions,
  ) => StateStore;
} = {
  'key-value': (spec, options) => new KeyValueView(spec, options),
  versioned: (spec, options) => new VersionedView(spec, options),
  window: (spec, options) => new WindowView(spec, options),
  session: (spec, options) => new SessionView(spec, options),
  group: (spec, options) => new GroupView(spec, options),
  'time-ordered-buffer': (spec, options) => new BufferView(spec, options),
};

/** Lays the view that a spec asks for over bytes. */
export function createStore(spec: StoreSpec, options: ViewOptions): StateStore {
  const open = views[spec.kind] as (spec: StoreSpec, options: ViewOptions) => StateStore;
  return open(spec, options);
}
