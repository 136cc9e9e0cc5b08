import type { CreateTopic } from '@millrace/log-client';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './request.ts';

export interface CreatedTopic {
  readonly name: string;
  readonly errorCode: number;
  readonly message: string | undefined;
}

/** CreateTopics, version 4: the first that leaves the replication factor to the cluster, by -1. */
export function createTopicsRequest(
  topics: readonly CreateTopic[],
  replicationFactor: number,
  timeoutMs: number,
): WireRequest<readonly CreatedTopic[]> {
  const body = new ByteWriter();
  body
    .array(topics, ({ name, partitions, configs = {} }) => {
      body.string(name).int32(partitions).int16(replicationFactor).int32(0);
      body.array(Object.entries(configs), ([key, value]) => body.string(key).string(value));
    })
    .int32(timeoutMs)
    .bool(false);
  return wireRequest({ key: 19, version: 4, name: 'CreateTopics' }, body, (reader) =>
    reader.array(() => ({
      name: reader.string() ?? '',
      errorCode: reader.int16(),
      message: reader.string() ?? undefined,
    })),
  );
}
