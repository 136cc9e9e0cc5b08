import type { OffsetAtTime, TopicPartition } from '@millrace/log-client';
import { ByteWriter } from './byte-writer.ts';
import { byTopic } from './by-topic.ts';
import { type WireRequest, wireRequest } from './request.ts';

export interface FoundOffset extends TopicPartition, OffsetAtTime {
  readonly errorCode: number;
}

const readCommitted = 1;

/** ListOffsets, version 5, of records at or after a time. The offset is -1 where there is none. */
export function offsetsForTimesRequest(
  at: readonly (TopicPartition & { readonly timestamp: number })[],
): WireRequest<readonly FoundOffset[]> {
  const body = new ByteWriter().int32(-1).int8(readCommitted);
  body.array(byTopic(at), ({ topic, entries }) => {
    body.string(topic).array(entries, ({ partition, timestamp }) => {
      body.int32(partition).int32(-1).int64(timestamp);
    });
  });
  return wireRequest({ key: 2, version: 5, name: 'ListOffsets' }, body, (reader) => {
    const topics = reader.array(() => {
      const topic = reader.string() ?? '';
      return reader.array((): FoundOffset => {
        const head = { topic, partition: reader.int32(), errorCode: reader.int16() };
        const found = { timestamp: reader.int64(), offset: reader.int64() };
        reader.int32();
        return { ...head, ...found };
      });
    });
    return topics.flat();
  });
}
