const magic = 0xfd2fb528;
const blockMax = 128 << 10;
const windowMin = 1024;

/**
 * The most that a Zstandard frame can decompress to: what it says, or else from its block headers.
 * Source: RFC 8878, sections 3.1.1.1 and 3.1.1.2.
 */
export function zstdDecompressedBound(frame: Buffer): number {
  if (frame.length < 9 || frame.readUInt32LE(0) !== magic) throw new RangeError('it is no Zstandard frame');
  const descriptor = frame[4]!;
  const single = (descriptor & 0x20) !== 0;
  const contentFlag = descriptor >> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  let at = 5;
  let window = blockMax;
  if (!single) {
    const exponent = frame[at]! >> 3;
    const base = windowMin * 2 ** exponent;
    window = base + (base / 8) * (frame[at]! & 7);
    at++;
  }
  at += dictionaryBytes;
  const contentBytes = contentFlag === 0 ? (single ? 1 : 0) : 1 << contentFlag;
  if (contentBytes === 1) return frame[at]!;
  if (contentBytes === 2) return frame.readUInt16LE(at) + 256;
  if (contentBytes === 4) return frame.readUInt32LE(at);
  if (contentBytes === 8) return Number(frame.readBigUInt64LE(at));
  const most = Math.min(window, blockMax);
  let bound = 0;
  for (let last = false; !last && at + 3 <= frame.length; ) {
    const head = frame.readUIntLE(at, 3);
    last = (head & 1) !== 0;
    const type = (head >> 1) & 3;
    const size = head >> 3;
    bound += type === 2 ? most : size;
    at += 3 + (type === 1 ? 1 : size);
  }
  return bound;
}
