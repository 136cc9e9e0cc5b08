import { allocateBytes, writeText } from '@millrace/log-client';
import { sha1 } from '@millrace/log-client/platform';
import type { HashVersion } from '../../../serde/subscription-serde.ts';
import type { Serializer } from '../../../serde/topic.ts';
import { murmur3, murmur3Bytes } from './murmur3.ts';

/** What subscriptions are sent with (Kafka Streams: Murmur3.hash128, for the same reason: speed). */
export const hashVersion: HashVersion = 2;

const sha1Bytes = 16;
/** Where rows are written to be hashed; longer ones are hashed where they are. */
const scratch = Buffer.allocUnsafeSlow(16 << 10);
const scratchView = new DataView(scratch.buffer);
const longestUtf8 = 3;

/**
 * Tells whether a left row is still what it was when it asked; undefined for no row. Serdes must be
 * deterministic. The hash is written to `into`, where that is given.
 */
export function valueHash<V>(
  version: HashVersion,
  serializer: Serializer<V>,
  value: V | null,
  into?: Buffer,
): Uint8Array | undefined {
  if (value === null) return undefined;
  // Subscriptions of earlier releases are answered in their own terms.
  if (version === 1) return sha1(serializer.serialize(value)).subarray(0, sha1Bytes);
  const hash = into ?? allocateBytes(murmur3Bytes);
  const text = serializer.serializeText?.(value);
  if (text !== undefined && longestUtf8 * text.length <= scratch.length)
    return murmur3(scratchView, writeText(text, scratch, 0), hash);
  const { buffer, byteOffset, length } = serializer.serialize(value);
  return murmur3(new DataView(buffer, byteOffset, length), length, hash);
}
