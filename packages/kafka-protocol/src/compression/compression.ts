import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { LogError } from '@millrace/log-client';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { assertWithin } from './limit.ts';
import { lz4DecompressedBound } from './lz4-bound.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';
import { loadZstd, compressZstd, decompressZstd } from './zstd.ts';

/** Kafka's names, in the order of their numbers in a batch's attributes. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

interface Codec {
  compress(bytes: Buffer): Uint8Array;
  /** Unpacks at most `limit` bytes. @throws where there are more, or the bytes are no such thing */
  decompress(bytes: Buffer, limit: number): Buffer;
}

const codecs: Readonly<Record<Exclude<Compression, 'none'>, Codec>> = {
  gzip: {
    compress: (bytes) => gzipSync(bytes, { level: constants.Z_DEFAULT_COMPRESSION }),
    decompress: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }),
  },
  snappy: { compress: compressSnappy, decompress: decompressSnappy },
  lz4: {
    compress: (bytes) => compressFrameSync(bytes),
    decompress: (bytes, limit) => {
      assertWithin(lz4DecompressedBound(bytes), limit);
      return decompressFrameSync(bytes);
    },
  },
  zstd: { compress: compressZstd, decompress: decompressZstd },
};

/** What has to be loaded before a codec can be used. */
export function loadCodec(compression: Compression): Promise<unknown> | undefined {
  return compression === 'zstd' ? loadZstd() : undefined;
}

export function compress(compression: Compression, bytes: Buffer): Uint8Array {
  return compression === 'none' ? bytes : codecs[compression].compress(bytes);
}

/** @throws LogError `LOG_CORRUPT` */
export function decompress(compression: Compression, bytes: Buffer, limit: number): Buffer {
  if (compression === 'none') return bytes;
  try {
    return codecs[compression].decompress(bytes, limit);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ERR_BUFFER_TOO_LARGE' ? `it decompresses to more than the ${limit} bytes allowed` : message;
    throw new LogError('LOG_CORRUPT', `A ${compression} batch cannot be decompressed: ${reason}`, {
      cause: error,
    });
  }
}
