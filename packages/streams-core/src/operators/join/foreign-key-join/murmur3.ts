/** Of a hash, in bytes. */
export const murmur3Bytes = 16;

const c1 = 0x239b961b;
const c2 = 0xab0e9789 | 0;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93 | 0;

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Up to four bytes as a little-endian number. */
function tail(bytes: DataView, at: number, length: number): number {
  let value = 0;
  for (let index = Math.min(at + 4, length) - 1; index >= at; index--)
    value = (value << 8) | bytes.getUint8(index);
  return value;
}

function write(into: Buffer, value: number, at: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
  into[at + 2] = value >>> 16;
  into[at + 3] = value >>> 24;
}

/**
 * MurmurHash3, 128 bits, in its variant for 32-bit arithmetic (A. Appleby, SMHasher), of the first `length`
 * bytes; written to `into`, which is returned.
 */
export function murmur3(bytes: DataView, length: number, into: Buffer, seed = 0): Buffer {
  let h1 = seed;
  let h2 = seed;
  let h3 = seed;
  let h4 = seed;
  let at = 0;
  for (const end = length - (length % 16); at < end; at += 16) {
    const k1 = Math.imul(rotate(Math.imul(bytes.getInt32(at, true), c1), 15), c2);
    const k2 = Math.imul(rotate(Math.imul(bytes.getInt32(at + 4, true), c2), 16), c3);
    const k3 = Math.imul(rotate(Math.imul(bytes.getInt32(at + 8, true), c3), 17), c4);
    const k4 = Math.imul(rotate(Math.imul(bytes.getInt32(at + 12, true), c4), 18), c1);
    h1 = (Math.imul((rotate(h1 ^ k1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul((rotate(h2 ^ k2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul((rotate(h3 ^ k3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul((rotate(h4 ^ k4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  if (at < length) h1 ^= Math.imul(rotate(Math.imul(tail(bytes, at, length), c1), 15), c2);
  if (at + 4 < length) h2 ^= Math.imul(rotate(Math.imul(tail(bytes, at + 4, length), c2), 16), c3);
  if (at + 8 < length) h3 ^= Math.imul(rotate(Math.imul(tail(bytes, at + 8, length), c3), 17), c4);
  if (at + 12 < length) h4 ^= Math.imul(rotate(Math.imul(tail(bytes, at + 12, length), c4), 18), c1);
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  write(into, h1, 0);
  write(into, h2 + h1, 4);
  write(into, h3 + h1, 8);
  write(into, h4 + h1, 12);
  return into;
}
