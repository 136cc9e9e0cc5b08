import type { OffsetCommit, TopicPartition } from '@millrace/log-client';
import { ByteWriter } from './byte-writer.ts';
import { byTopic } from './by-topic.ts';
import { type WireRequest, wireRequest } from './request.ts';

export interface FetchedOffset extends TopicPartition {
  readonly errorCode: number;
  /** -1 where nothing was committed. */
  readonly offset: number;
  readonly metadata: string;
}

/**
 * OffsetFetch, version 7: the first that says so when a transaction is still about to change an offset.
 * `null` asks for all that the group has committed.
 */
export function offsetFetchRequest(
  group: string,
  partitions: readonly TopicPartition[] | null,
): WireRequest<{ readonly errorCode: number; readonly offsets: readonly FetchedOffset[] }> {
  const body = new ByteWriter().tags().compactString(group);
  body
    .compactArray(partitions && byTopic(partitions), ({ topic, entries }) => {
      body.compactString(topic).compactArray(entries, ({ partition }) => body.int32(partition));
      body.tags();
    })
    .bool(true)
    .tags();
  return wireRequest({ key: 9, version: 7, name: 'OffsetFetch', flexible: true }, body, (reader) => {
    const topics = reader.compactArray(() => {
      const topic = reader.compactString() ?? '';
      const found = reader.compactArray((): FetchedOffset => {
        const partition = reader.int32();
        const offset = reader.int64();
        reader.int32();
        const metadata = reader.compactString() ?? '';
        const errorCode = reader.int16();
        reader.tags();
        return { topic, partition, offset, metadata, errorCode };
      });
      reader.tags();
      return found;
    });
    return { errorCode: reader.int16(), offsets: topics.flat() };
  });
}

export interface TransactionalOffsets {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly group: string;
  /** -1 and an empty member id where the group's generation is not to be checked. */
  readonly generation: number;
  readonly memberId: string;
  readonly commits: readonly OffsetCommit[];
}

/**
 * TxnOffsetCommit, version 3: the first that carries the group's generation. Answers each partition's error
 * code.
 */
export function txnOffsetCommitRequest(offsets: TransactionalOffsets): WireRequest<readonly number[]> {
  const body = new ByteWriter()
    .tags()
    .compactString(offsets.transactionalId)
    .compactString(offsets.group)
    .int64(offsets.producerId)
    .int16(offsets.producerEpoch)
    .int32(offsets.generation)
    .compactString(offsets.memberId)
    .compactString(null);
  body
    .compactArray(byTopic(offsets.commits), ({ topic, entries }) => {
      body.compactString(topic).compactArray(entries, ({ partition, offset, metadata }) => {
        body.int32(partition).int64(offset).int32(-1).compactString(metadata).tags();
      });
      body.tags();
    })
    .tags();
  return wireRequest({ key: 28, version: 3, name: 'TxnOffsetCommit', flexible: true }, body, (reader) =>
    reader
      .compactArray(() => {
        reader.compactString();
        const codes = reader.compactArray(() => {
          reader.int32();
          const code = reader.int16();
          reader.tags();
          return code;
        });
        reader.tags();
        return codes;
      })
      .flat(),
  );
}
