import { ByteWriter } from './byte-writer.ts';
import { type WireRequest, wireRequest } from './request.ts';

export interface BrokerNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicMetadata {
  readonly errorCode: number;
  readonly name: string;
  readonly id: string;
  readonly internal: boolean;
  /** The leader of each partition, by partition; -1 where there is none at present. */
  readonly leaders: readonly number[];
}

export interface Metadata {
  readonly brokers: readonly BrokerNode[];
  readonly topics: readonly TopicMetadata[];
}

/**
 * Metadata, version 12: the first that tells a topic from another one of the same name. `null` asks for all
 * topics.
 */
export function metadataRequest(names: readonly string[] | null): WireRequest<Metadata> {
  const body = new ByteWriter().tags();
  body
    .compactArray(names, (name) => body.int64(0).int64(0).compactString(name).tags())
    .bool(false)
    .bool(false)
    .tags();
  return wireRequest({ key: 3, version: 12, name: 'Metadata', flexible: true }, body, (reader) => {
    const brokers = reader.compactArray(() => {
      const broker = { nodeId: reader.int32(), host: reader.compactString() ?? '', port: reader.int32() };
      reader.compactString();
      reader.tags();
      return broker;
    });
    reader.compactString();
    reader.int32();
    const topics = reader.compactArray((): TopicMetadata => {
      const head = {
        errorCode: reader.int16(),
        name: reader.compactString() ?? '',
        id: reader.uuid(),
        internal: reader.bool(),
      };
      const leaders: number[] = [];
      reader.compactArray(() => {
        const errorCode = reader.int16();
        const partition = reader.int32();
        const leader = reader.int32();
        leaders[partition] = errorCode === 0 ? leader : -1;
        reader.int32();
        for (let lists = 0; lists < 3; lists++) reader.compactArray(() => reader.int32());
        reader.tags();
      });
      reader.int32();
      reader.tags();
      return { ...head, leaders };
    });
    return { brokers, topics };
  });
}
