import type { Operator } from '../../topology/operator.ts';

/**
 * Passes every record on as it is: where streams merge, at the head of each branch of a split, and
 * where a table's changes were held back already.
 */
export function passThrough<K, V>(kind: 'merge' | 'branch-child' | 'suppress'): Operator<K, V, K, V> {
  return { kind, open: (_context, forward) => forward };
}
