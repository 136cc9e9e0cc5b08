import type { TopicAlteration } from '@millrace/log-client';
import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './request.ts';

export interface AlteredTopic {
  readonly name: string;
  readonly errorCode: number;
  readonly message: string | undefined;
}

const topicResource = 2;
const set = 0;
const remove = 1;

/** IncrementalAlterConfigs, version 0: settings that are not named stay as they are. */
export function alterTopicsRequest(
  alterations: readonly TopicAlteration[],
): WireRequest<readonly AlteredTopic[]> {
  const body = new ByteWriter();
  body
    .array(alterations, ({ name, configs }) => {
      body.int8(topicResource).string(name);
      body.array(Object.entries(configs), ([key, value]) =>
        body
          .string(key)
          .int8(value === null ? remove : set)
          .string(value),
      );
    })
    .bool(false);
  return wireRequest({ key: 44, version: 0, name: 'IncrementalAlterConfigs' }, body, (reader) =>
    reader.array(() => {
      const head = { errorCode: reader.int16(), message: reader.string() ?? undefined };
      reader.int8();
      return { ...head, name: reader.string() ?? '' };
    }),
  );
}
