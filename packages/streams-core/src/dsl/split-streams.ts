import type { KStream } from './kstream.ts';

type Guard<V, W extends V> = (value: V, key: never) => value is W;

/** What a type guard takes; never for a plain predicate. */
type Guarded<V, P> = P extends Guard<V, infer W> ? W : never;

/** The values that the type guards among the branches take. */
type TakenByGuards<V, B> = { [N in keyof B]: Guarded<V, B[N]> }[keyof B];

type BranchValue<V, B, P> = P extends 'rest'
  ? Exclude<V, TakenByGuards<V, B>>
  : [Guarded<V, P>] extends [never]
    ? V
    : Guarded<V, P>;

/** One stream for each branch, under its name. */
export type SplitStreams<K, V, B> = { readonly [N in keyof B]: KStream<K, BranchValue<V, B, B[N]>> };
