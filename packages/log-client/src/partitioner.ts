import { type Bytes, toBytes } from './bytes.ts';
import { writeText } from './text.ts';

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/**
 * The 32-bit murmur2 hash that Kafka's default partitioner uses
 * (`org.apache.kafka.common.utils.Utils#murmur2`), as a signed integer; of the first `length` bytes.
 */
export function murmur2(data: Uint8Array, length = data.length): number {
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let at = 0; at < whole; at += 4) {
    // The index stays below `length`; the assertions keep the loop free of bounds branches.
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    word = Math.imul(word, multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = length - whole;
  if (rest === 3) hash ^= data[whole + 2]! << 16;
  if (rest >= 2) hash ^= data[whole + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ data[whole]!, multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}

/** Texts of up to so many units are hashed without bytes of their own. */
const shortText = 64;
const scratch = Buffer.alloc(3 * shortText);

/** The partition that Kafka's default partitioner gives a record with this serialised key. */
export function partitionForKey(key: Bytes, partitions: number): number {
  const isShort = typeof key === 'string' && key.length <= shortText;
  const hash = isShort ? murmur2(scratch, writeText(key, scratch, 0)) : murmur2(toBytes(key));
  return (hash & 0x7fffffff) % partitions;
}
