import { setTimeout as sleep } from 'node:timers/promises';
import {
  batchHeaderBytes,
  batchIsIntact,
  batchSize,
  compressionOf,
  decompress,
  hasWholeBatch,
  loadCodec,
} from '@millrace/kafka-protocol';
import { LogError } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';

const chunkBytes = 1 << 20;
const maxDecompressedBytes = 256 << 20;

/** Holds reading back to so many bytes a second. */
export class ReadThrottle {
  readonly #bytesPerMs: number;
  #startedAt = performance.now();
  #bytes = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** Resolves when these bytes may have been read. */
  async take(bytes: number): Promise<void> {
    this.#bytes += bytes;
    const aheadMs = this.#bytes / this.#bytesPerMs - (performance.now() - this.#startedAt);
    if (aheadMs > 5) await sleep(aheadMs);
  }
}

/** A batch of a segment: whole in `source`, its records apart where they are compressed. */
export interface SourceBatch {
  readonly source: Buffer;
  readonly at: number;
  readonly size: number;
  readonly body: Buffer;
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

/** The first `bytes` of a segment, batch by batch. @throws LogError `LOG_CORRUPT` */
export async function* batchesOf(
  fileSystem: FileSystem,
  { name, bytes }: { readonly name: string; readonly bytes: number },
  throttle: ReadThrottle,
): AsyncGenerator<readonly SourceBatch[]> {
  const file = await fileSystem.open(name, 'existing');
  try {
    for (let position = 0; position < bytes; ) {
      let chunk = await file.read(position, Math.min(chunkBytes, bytes - position));
      if (!hasWholeBatch(chunk, 0)) {
        const size = chunk.length < batchHeaderBytes ? 0 : batchSize(chunk, 0);
        chunk = await file.read(position, Math.min(size, bytes - position));
      }
      await throttle.take(chunk.length);
      const batches: SourceBatch[] = [];
      let at = 0;
      while (hasWholeBatch(chunk, at)) {
        const size = batchSize(chunk, at);
        if (!batchIsIntact(chunk, at, size)) break;
        batches.push(await opened(chunk, at, size));
        at += size;
      }
      if (at === 0) {
        const where = `Segment ${name} in ${fileSystem.location} is damaged at byte ${position}`;
        throw new LogError('LOG_CORRUPT', `${where}: it is not compacted. Restore the file from a backup`);
      }
      yield batches;
      position += at;
    }
  } finally {
    await file.close();
  }
}

async function opened(source: Buffer, at: number, size: number): Promise<SourceBatch> {
  const compression = compressionOf(source, at);
  const [bodyStart, bodyEnd] = [at + batchHeaderBytes, at + size];
  if (compression === 'none') return { source, at, size, body: source, bodyStart, bodyEnd };
  await loadCodec(compression);
  const body = decompress(compression, source.subarray(bodyStart, bodyEnd), maxDecompressedBytes);
  return { source, at, size, body, bodyStart: 0, bodyEnd: body.length };
}
