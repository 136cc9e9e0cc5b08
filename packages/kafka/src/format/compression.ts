import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { LogError } from '@millrace/log-client';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { assertWithin } from './compression-limit.ts';
import { lz4UnpackedBound } from './lz4-bound.ts';
import { packSnappy, unpackSnappy } from './snappy.ts';
import { loadZstd, packZstd, unpackZstd } from './zstd.ts';

/** Kafka's names, in the order of their numbers in a batch's attributes. */
export const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof compressions)[number];

interface Codec {
  pack(bytes: Buffer): Uint8Array;
  /** Unpacks at most `limit` bytes. @throws where there are more, or the bytes are no such thing */
  unpack(bytes: Buffer, limit: number): Buffer;
}

const codecs: Readonly<Record<Exclude<Compression, 'none'>, Codec>> = {
  gzip: {
    pack: (bytes) => gzipSync(bytes, { level: constants.Z_DEFAULT_COMPRESSION }),
    unpack: (bytes, limit) => gunzipSync(bytes, { maxOutputLength: limit }),
  },
  snappy: { pack: packSnappy, unpack: unpackSnappy },
  lz4: {
    pack: (bytes) => compressFrameSync(bytes),
    unpack: (bytes, limit) => {
      assertWithin(lz4UnpackedBound(bytes), limit);
      return decompressFrameSync(bytes);
    },
  },
  zstd: { pack: packZstd, unpack: unpackZstd },
};

/** What has to be loaded before a codec can be used. */
export function loadCodec(compression: Compression): Promise<unknown> | undefined {
  return compression === 'zstd' ? loadZstd() : undefined;
}

export function pack(compression: Compression, bytes: Buffer): Uint8Array {
  return compression === 'none' ? bytes : codecs[compression].pack(bytes);
}

/** @throws LogError `LOG_CORRUPT` */
export function unpack(compression: Compression, bytes: Buffer, limit: number): Buffer {
  if (compression === 'none') return bytes;
  try {
    return codecs[compression].unpack(bytes, limit);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ERR_BUFFER_TOO_LARGE' ? `it unpacks to more than the ${limit} bytes allowed` : message;
    throw new LogError('LOG_CORRUPT', `A ${compression} batch cannot be unpacked: ${reason}`, {
      cause: error,
    });
  }
}
