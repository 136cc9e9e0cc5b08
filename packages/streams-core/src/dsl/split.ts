import { branch } from '../operators/stateless/branch.ts';
import { passThrough } from '../operators/stateless/pass-through.ts';
import type { KStream } from './kstream.ts';
import type { Named } from './options.ts';
import type { StreamRef, Views } from './views.ts';

/** The ways out of a split by name: predicates, tried in the order they are written, and `'rest'` for what none takes. */
export type Branches<K, V> = { readonly [name: string]: ((value: V, key: K) => boolean) | 'rest' };

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

export function splitStream<K, V, B extends Branches<K, V>>(
  views: Views,
  ref: StreamRef<K, V>,
  branches: B,
  { name }: Named,
): SplitStreams<K, V, B> {
  const { graph } = views;
  const splitter = graph.names.node('KSTREAM-BRANCH-', name);
  // Predicates first: the rest is what all of them have let go.
  const entries = Object.entries(branches).sort(
    ([, a], [, b]) => Number(a === 'rest') - Number(b === 'rest'),
  );
  graph.addProcessor({
    name: splitter,
    parents: [ref.node],
    operator: branch(
      entries.map(([way, predicate]) => ({
        child: splitter + way,
        predicate: predicate === 'rest' ? undefined : predicate,
      })),
    ),
  });
  const streams: Record<string, KStream<K, V>> = {};
  for (const [way] of entries) {
    const child = graph.names.node('', splitter + way);
    graph.addProcessor({ name: child, parents: [splitter], operator: passThrough('branch-child') });
    streams[way] = views.stream({ ...ref, node: child });
  }
  return streams as unknown as SplitStreams<K, V, B>;
}
