import { asBuffer } from '@millrace/log-client';
import { sha1 } from '@millrace/log-client/platform';
import type { HashVersion } from '../../../serde/subscription-serde.ts';
import type { Serializer } from '../../../serde/topic.ts';
import { murmur3 } from './murmur3.ts';

/** What subscriptions are sent with (Kafka Streams: Murmur3.hash128, for the same reason: speed). */
export const hashVersion: HashVersion = 2;

const sha1Bytes = 16;

/**
 * Tells whether a left row is still what it was when it asked; undefined for no row. Serdes must be
 * deterministic.
 */
export function valueHash<V>(
  version: HashVersion,
  serializer: Serializer<V>,
  value: V | null,
): Uint8Array | undefined {
  if (value === null) return undefined;
  const bytes = serializer.serialize(value);
  // Subscriptions of earlier releases are answered in their own terms.
  return version === 1 ? sha1(bytes).subarray(0, sha1Bytes) : murmur3(asBuffer(bytes));
}

export function sameHash(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}
