import type { CommonSpec } from '../common-spec.ts';

/** Values by group and member: what a foreign-key join keeps its subscriptions in. */
export interface GroupSpec<G, V> extends CommonSpec<G, V> {
  readonly kind: 'group';
}
