import { compressSync, uncompressSync } from 'snappy';
import { assertWithin } from './limit.ts';

/**
 * How Java's snappy streams begin; blocks follow, each with its length. Other clients write one bare block.
 */
const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const headerBytes = magic.length + 8;
const blockBytes = 32 << 10;

export function compressSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [magic, Buffer.from([0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = compressSync(bytes.subarray(at, at + blockBytes));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** The length that a bare block says it decompresses to: a little-endian varint at its start. */
function decompressedLength(block: Buffer): number {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return length;
  }
  throw new RangeError('it has no length');
}

function decompressBlock(block: Buffer): Buffer {
  return uncompressSync(block, { asBuffer: true }) as Buffer;
}

export function decompressSnappy(bytes: Buffer, limit: number): Buffer {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    assertWithin(decompressedLength(bytes), limit);
    return decompressBlock(bytes);
  }
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = headerBytes; at < bytes.length; ) {
    const end = at + 4 + bytes.readInt32BE(at);
    const block = bytes.subarray(at + 4, end);
    total += decompressedLength(block);
    assertWithin(total, limit);
    blocks.push(decompressBlock(block));
    at = end;
  }
  return Buffer.concat(blocks);
}
