/** The bytes of a signed 32-bit number as a zig-zag varint. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x200000) return 3;
  return zigzag < 0x10000000 ? 4 : 5;
}

/** Writes it at `at`; returns where it ends. */
export function writeVarint(target: Uint8Array, start: number, value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  // Nearly all take one byte or two: without a loop they become a part of their callers.
  if (zigzag < 0x80) {
    target[start] = zigzag;
    return start + 1;
  }
  target[start] = (zigzag & 0x7f) | 0x80;
  if (zigzag >= 0x4000) return writeRest(target, start + 1, zigzag >>> 7);
  target[start + 1] = zigzag >>> 7;
  return start + 2;
}

function writeRest(target: Uint8Array, start: number, value: number): number {
  let rest = value;
  let at = start;
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** From -1 to below this a number takes two bytes at most. */
export const smallVarintEnd = 1 << 13;

/** As `varintBytes`, of a number known to be small. */
export function smallVarintBytes(value: number): number {
  return value < 64 ? 1 : 2;
}

/** As `writeVarint`, of a number known to be small: it becomes a part of its callers. */
export function writeSmallVarint(target: Uint8Array, at: number, value: number): number {
  if (value < 64) {
    target[at] = (value << 1) ^ (value >> 31);
    return at + 1;
  }
  target[at] = (value << 1) | 0x80;
  target[at + 1] = value >> 6;
  return at + 2;
}

const half = 2 ** 30;

function zigzagLong(value: number): bigint {
  const long = BigInt(value);
  return long >= 0n ? long << 1n : (-long << 1n) - 1n;
}

/** Whether a 64-bit varint of this number is a 32-bit one. */
function isVarint(value: number): boolean {
  return value < half && value >= -half;
}

export function writeVarlong(target: Uint8Array, start: number, value: number): number {
  if (isVarint(value)) return writeVarint(target, start, value);
  let at = start;
  let rest = zigzagLong(value);
  for (; rest >= 0x80n; rest >>= 7n) target[at++] = Number(rest & 0x7fn) | 0x80;
  target[at++] = Number(rest);
  return at;
}
