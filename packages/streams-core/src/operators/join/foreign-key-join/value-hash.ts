import { hash } from 'node:crypto';
import type { Serializer } from '../../../serde/topic.ts';
import { hashBytes } from '../../../serde/subscription-serde.ts';

/**
 * Tells whether a left row is still what it was when it asked; undefined for no row. Serdes must be
 * deterministic.
 */
export function valueHash<V>(serializer: Serializer<V>, value: V | null): Uint8Array | undefined {
  if (value === null) return undefined;
  return hash('sha1', serializer.serialize(value), 'buffer').subarray(0, hashBytes);
}

export function sameHash(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}
