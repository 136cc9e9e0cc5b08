const blockSizes = [0, 0, 0, 0, 64 << 10, 256 << 10, 1 << 20, 4 << 20];

/**
 * The most that an LZ4 frame can decompress to, from its block headers alone: a frame need not say how large
 * it is. Source: the LZ4 frame format description, version 1.6.
 */
export function lz4DecompressedBound(frame: Buffer): number {
  const flags = frame[4]!;
  const blockMax = blockSizes[(frame[5]! >> 4) & 7]!;
  const contentSize = (flags & 8) !== 0;
  if (contentSize) return Number(frame.readBigUInt64LE(6));
  const blockChecksum = (flags & 16) !== 0;
  let at = 4 + 2 + ((flags & 1) !== 0 ? 4 : 0) + 1;
  let bound = 0;
  while (at + 4 <= frame.length) {
    const head = frame.readUInt32LE(at);
    if (head === 0) break;
    const length = head & 0x7fffffff;
    bound += head > 0x7fffffff ? length : Math.min(blockMax, length * 255);
    at += 4 + length + (blockChecksum ? 4 : 0);
  }
  return bound;
}
