import { Zstd } from '@hpcc-js/wasm-zstd';
import { assertWithin } from './limit.ts';
import { zstdDecompressedBound } from './zstd-bound.ts';

let zstd: Zstd | undefined;

/** Node has Zstandard of its own only since 22.15. */
export async function loadZstd(): Promise<void> {
  zstd ??= await Zstd.load();
}

function loaded(): Zstd {
  if (zstd === undefined) throw new Error('Zstandard was not loaded');
  return zstd;
}

export function compressZstd(bytes: Buffer): Uint8Array {
  return loaded().compress(bytes);
}

export function decompressZstd(bytes: Buffer, limit: number): Buffer {
  const bound = zstdDecompressedBound(bytes);
  assertWithin(bound, limit);
  const codec = loaded();
  codec.reset();
  return Buffer.from(codec.decompressChunk(bytes, bound));
}
