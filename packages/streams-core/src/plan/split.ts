import { branch } from '../operators/stateless/branch.ts';
import { passThrough } from '../operators/stateless/pass-through.ts';
import type { Named } from '../options/named.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { StreamRef } from './refs.ts';

/**
 * The branches of a split by name: predicates, tried in the order they are written, and `'rest'` for what
 * none takes.
 */
export type Branches<K, V> = { readonly [name: string]: ((value: V, key: K) => boolean) | 'rest' };

/** Adds the node that splits a stream, and one for each branch; returns the branches by name. */
export function splitStream<K, V>(
  graph: LogicalGraph,
  ref: StreamRef<K, V>,
  branches: Branches<K, V>,
  { name }: Named,
): ReadonlyMap<string, StreamRef<K, V>> {
  const splitter = graph.names.node('KSTREAM-BRANCH-', name);
  // The rest comes last: it takes what no predicate took.
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
  const refs = new Map<string, StreamRef<K, V>>();
  for (const [way] of entries) {
    const child = graph.names.node('', splitter + way);
    graph.addProcessor({ name: child, parents: [splitter], operator: passThrough('branch-child') });
    refs.set(way, { ...ref, node: child });
  }
  return refs;
}
