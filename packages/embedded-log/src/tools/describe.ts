import {
  batchAt,
  batchSize,
  compressionOf,
  hasWholeBatch,
  isControlBatch,
  nextOffsetOf,
} from '@millrace/kafka-protocol';
import { LogError, type LogRecord, readLong } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import type { LogState } from '../storage/log-state.ts';
import { loadLog } from '../storage/recovery/load-log.ts';
import { OpenFiles } from '../storage/segments/open-files.ts';
import { bytesOf } from './verify.ts';

/** What a partition takes. */
export interface PartitionStats {
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  readonly segments: number;
  readonly bytes: number;
  /** The share of the bytes that compaction has gone over. */
  readonly compacted: number;
  /** When the log took the oldest and the newest of it, in milliseconds since the epoch. */
  readonly oldestAppend: number | undefined;
  readonly newestAppend: number | undefined;
}

async function stateOf(
  fileSystem: FileSystem,
): Promise<{ readonly state: LogState; readonly files: OpenFiles }> {
  const files = new OpenFiles(fileSystem);
  const loaded = await loadLog(fileSystem, files);
  if (loaded === undefined) throw new LogError('LOG_CONFIG', `There is no log in ${fileSystem.location}`);
  return { state: loaded.state, files };
}

/** What each partition of a log takes. Changes nothing; the log may be in use. */
export async function logStats(fileSystem: FileSystem): Promise<PartitionStats[]> {
  const { state, files } = await stateOf(fileSystem);
  files.close();
  return [...state.topics.values()].flatMap(({ name: topic, state: logs }) =>
    logs.map((log): PartitionStats => {
      const clean = log.segments.filter((_, index) => log.endOf(index) <= log.cleanedUpTo);
      const cleanBytes = clean.reduce((sum, { size }) => sum + size, 0);
      return {
        topic,
        partition: log.partition,
        start: log.start,
        end: log.end,
        segments: log.segments.length,
        bytes: log.bytes,
        compacted: log.bytes === 0 ? 0 : cleanBytes / log.bytes,
        oldestAppend: log.segments[0]?.firstAppend,
        newestAppend: log.segments.at(-1)?.lastAppend,
      };
    }),
  );
}

export interface DumpOptions {
  readonly topic: string;
  readonly partition: number;
  /** Where to begin; the start of the partition where it is left out. */
  readonly from?: number;
}

/** A batch as it is stored. */
export interface DumpedBatch {
  readonly segment: string;
  readonly position: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly records: number;
  readonly compression: string;
  readonly control: boolean;
  readonly maxTimestamp: number;
}

/** The batches of a partition. Changes nothing; the log may be in use. */
export async function* dumpBatches(
  fileSystem: FileSystem,
  { topic, partition, from }: DumpOptions,
): AsyncGenerator<DumpedBatch> {
  const { state, files } = await stateOf(fileSystem);
  files.close();
  const log = state.partition(topic, partition);
  for (const [index, segment] of log.segments.entries()) {
    if (log.endOf(index) <= (from ?? log.start)) continue;
    const bytes = await bytesOf(fileSystem, segment);
    for (let at = 0; hasWholeBatch(bytes, at); at += batchSize(bytes, at)) {
      if (nextOffsetOf(bytes, at) <= (from ?? log.start)) continue;
      yield {
        segment: segment.name,
        position: at,
        size: batchSize(bytes, at),
        baseOffset: readLong(bytes, at),
        lastOffset: nextOffsetOf(bytes, at) - 1,
        records: bytes.readInt32BE(at + batchAt.count),
        compression: compressionOf(bytes, at),
        control: isControlBatch(bytes, at),
        maxTimestamp: readLong(bytes, at + batchAt.maxTimestamp),
      };
    }
  }
}

/** The records of a partition. Changes nothing; the log may be in use. */
export async function* dumpRecords(
  fileSystem: FileSystem,
  { topic, partition, from }: DumpOptions,
): AsyncGenerator<LogRecord> {
  const { state, files } = await stateOf(fileSystem);
  const log = state.partition(topic, partition);
  try {
    for (let offset = Math.max(log.start, from ?? 0); offset < log.end; ) {
      const { records, nextOffset } = await log.read(offset, { maxRecords: 1000, maxBytes: 16 << 20 });
      yield* records;
      offset = nextOffset;
    }
  } finally {
    files.close();
  }
}
