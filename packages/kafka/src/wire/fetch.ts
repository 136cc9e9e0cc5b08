import type { AbortedTransaction } from '@millrace/kafka-protocol';
import type { ReaderPosition, TopicPartition } from '@millrace/log-client';
import { byTopic } from './by-topic.ts';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './request.ts';

export interface FetchedPartition extends TopicPartition {
  readonly errorCode: number;
  /** Up to here everything is decided; what is read as committed ends here. */
  readonly lastStableOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches; the last one may be cut off. */
  readonly records: Buffer;
}

export interface FetchLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxPartitionBytes: number;
}

const readCommitted = 1;

/** Fetch, version 11, of what is committed, without a fetch session. */
export function fetchRequest(
  positions: readonly ReaderPosition[],
  { maxWaitMs, maxBytes, maxPartitionBytes }: FetchLimits,
  requestTimeoutMs: number,
): WireRequest<{ readonly errorCode: number; readonly partitions: readonly FetchedPartition[] }> {
  const body = new ByteWriter().int32(-1).int32(maxWaitMs).int32(1).int32(maxBytes).int8(readCommitted);
  body.int32(0).int32(-1);
  body.array(byTopic(positions), ({ topic, entries }) => {
    body.string(topic).array(entries, ({ partition, offset }) => {
      body.int32(partition).int32(-1).int64(offset).int64(-1).int32(maxPartitionBytes);
    });
  });
  body.int32(0).string('');
  return wireRequest(
    { key: 1, version: 11, name: 'Fetch' },
    body,
    (reader) => {
      const errorCode = reader.int16();
      reader.int32();
      const topics = reader.array(() => {
        const topic = reader.string() ?? '';
        return reader.array((): FetchedPartition => {
          const head = { partition: reader.int32(), errorCode: reader.int16() };
          reader.int64();
          const lastStableOffset = reader.int64();
          reader.int64();
          const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }));
          reader.int32();
          const records = reader.slice(Math.max(0, reader.int32()));
          return { topic, ...head, lastStableOffset, aborted, records };
        });
      });
      return { errorCode, partitions: topics.flat() };
    },
    requestTimeoutMs + maxWaitMs,
  );
}
