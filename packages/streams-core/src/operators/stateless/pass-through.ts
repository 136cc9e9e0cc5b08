import type { Operator } from '../../topology/operator.ts';

/** Passes every record on as it is: where streams merge, and at the head of each branch of a split. */
export function passThrough<K, V>(kind: 'merge' | 'branch-child'): Operator<K, V, K, V> {
  return { kind, open: (_context, forward) => forward };
}
