import { mkdir } from 'node:fs/promises';
import { topicPartitionKey } from '@millrace/log-client';
import type { TopicRecord } from '@millrace/streams-core';
import type { Destination } from '../destination.ts';
import { DestinationError, fenced, SinkFencedError } from '../errors.ts';
import type { LineFormat } from './line-format.ts';
import { PartitionFiles } from './partition-files.ts';

export interface FilesOptions<K, V> {
  /** The folder, which is made where it is missing. On a disk of this machine. */
  readonly dir: string;
  readonly format: LineFormat<K, V>;
  /** A file that is as large is followed by another one. In bytes; default 64 MiB. */
  readonly maxBytes?: number;
}

/**
 * Lines of files, `TOPIC-PARTITION-NUMBER.EXTENSION`, each partition's in the order of its records. A file
 * with one after it does not change any more. The last one may end, after a crash, in lines that are cut off
 * when the sink begins again.
 */
export function files<K, V>(options: FilesOptions<K, V>): Destination<K, V> {
  const { dir, format, maxBytes = 64 << 20 } = options;
  const name = `folder ${dir}`;
  const claimed = new Map<string, PartitionFiles>();
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw failed(name, error);
    }
  };
  return {
    name,
    open: () => attempt(async () => void (await mkdir(dir, { recursive: true }))),
    claim: (claim) =>
      attempt(async () => {
        const found = await PartitionFiles.claim(claim, { dir, format, maxBytes });
        claimed.set(topicPartitionKey(claim.topic, claim.partition), found);
        return { epoch: found.epoch, offset: found.offset };
      }),
    write: async ({ records, offsets }) => {
      const lines = linesByPartition(records, format);
      for (const { claim, offset } of offsets) {
        const key = topicPartitionKey(claim.topic, claim.partition);
        const own = claimed.get(key);
        if (own === undefined || own.epoch !== claim.epoch) throw fenced(claim);
        await attempt(() => own.append(lines.get(key) ?? [], offset));
      }
    },
  };
}

function linesByPartition<K, V>(
  records: readonly TopicRecord<K, V>[],
  format: LineFormat<K, V>,
): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>();
  for (const record of records) {
    const line = format.line(record);
    if (line === undefined) continue;
    const key = topicPartitionKey(record.topic, record.partition);
    const own = lines.get(key);
    if (own === undefined) lines.set(key, [line]);
    else own.push(line);
  }
  return lines;
}

/** The disk is full, or has failed for once: the same may work later. */
const retriable: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EBUSY', 'EMFILE', 'ENFILE']);

function failed(name: string, error: unknown): Error {
  if (error instanceof SinkFencedError || error instanceof DestinationError) return error;
  const { message, code = '' } = error as NodeJS.ErrnoException;
  return new DestinationError(`${name} cannot be written: ${message}`, {
    retriable: retriable.has(code),
    cause: error,
  });
}
