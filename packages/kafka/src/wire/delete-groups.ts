import type { TopicPartition } from '@millrace/log-client';
import { ByteWriter } from './byte-writer.ts';
import { byTopic } from './by-topic.ts';
import { type WireRequest, wireRequest } from './request.ts';

/** DeleteGroups, version 1. Answers each group's error code. */
export function deleteGroupsRequest(names: readonly string[]): WireRequest<ReadonlyMap<string, number>> {
  const body = new ByteWriter();
  body.array(names, (name) => body.string(name));
  return wireRequest(
    { key: 42, version: 1, name: 'DeleteGroups' },
    body,
    (reader) => new Map(reader.array(() => [reader.string() ?? '', reader.int16()] as const)),
  );
}

/** OffsetDelete, version 0. Answers the error code of the whole, and of each partition. */
export function deleteOffsetsRequest(
  group: string,
  partitions: readonly TopicPartition[],
): WireRequest<readonly number[]> {
  const body = new ByteWriter();
  body.string(group).array(byTopic(partitions), ({ topic, entries }) => {
    body.string(topic).array(entries, ({ partition }) => body.int32(partition));
  });
  // The error code of the whole comes first here, the throttle time after it.
  const api = { key: 47, version: 0, name: 'OffsetDelete', throttled: false };
  return wireRequest(api, body, (reader) => {
    const errorCode = reader.int16();
    reader.int32();
    const codes = reader.array(() => {
      reader.string();
      return reader.array(() => {
        reader.int32();
        return reader.int16();
      });
    });
    return [errorCode, ...codes.flat()];
  });
}
