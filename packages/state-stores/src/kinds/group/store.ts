import type { Members } from '../../face.ts';

/**
 * A member of a group: its bytes, its value, and the timestamp of the record that set it, in milliseconds.
 */
export interface GroupEntry<V> {
  readonly member: Uint8Array;
  readonly value: V;
  readonly timestamp: number;
}

/** Values by group and member, where all members of a group are wanted at once. */
export interface GroupStore<G, V> {
  readonly name: string;
  get(group: G, member: Uint8Array): V | undefined;
  /** All members of a group, in the order of their bytes. */
  members(group: G): GroupEntry<V>[];
  /** Sets a member's value; null or undefined deletes it. */
  put(group: G, member: Uint8Array, value: V | null | undefined, timestamp: number): void;
  delete(group: G, member: Uint8Array, timestamp: number): void;
}

export const groupStoreMembers: Members<GroupStore<unknown, unknown>> = {
  name: 'property',
  get: 'method',
  members: 'method',
  put: 'method',
  delete: 'method',
};
