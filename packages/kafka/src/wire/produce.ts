import type { TopicPartition } from '@millrace/log-client';
import { byTopic } from './by-topic.ts';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './request.ts';

export interface ProducedBatch extends TopicPartition {
  readonly bytes: Uint8Array;
}

export interface ProduceResult extends TopicPartition {
  readonly errorCode: number;
  readonly baseOffset: number;
  /** Why records were refused, where the broker says so. */
  readonly message: string | undefined;
}

/** Produce, version 8: one batch for each partition, acknowledged by all replicas in sync. */
export function produceRequest(
  transactionalId: string | null,
  batches: readonly ProducedBatch[],
  timeoutMs: number,
): WireRequest<readonly ProduceResult[]> {
  const size = batches.reduce((sum, { bytes, topic }) => sum + bytes.length + topic.length + 16, 64);
  const body = new ByteWriter(size).string(transactionalId).int16(-1).int32(timeoutMs);
  body.array(byTopic(batches), ({ topic, entries }) => {
    body.string(topic).array(entries, ({ partition, bytes }) => {
      body.int32(partition).int32(bytes.length).bytes(bytes);
    });
  });
  const api = { key: 0, version: 8, name: 'Produce', throttled: false };
  return wireRequest(api, body, (reader) =>
    reader
      .array(() => {
        const topic = reader.string() ?? '';
        return reader.array((): ProduceResult => {
          const head = { partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() };
          reader.int64();
          reader.int64();
          const reasons = reader.array(() => {
            reader.int32();
            return reader.string() ?? '';
          });
          const overall = reader.string();
          return { topic, ...head, message: reasons[0] ?? overall ?? undefined };
        });
      })
      .flat(),
  );
}
