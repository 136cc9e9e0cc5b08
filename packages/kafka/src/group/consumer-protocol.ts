import type { AssignorMember, TopicPartition } from '@millrace/log-client';
import { byTopic } from '../wire/by-topic.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';

/**
 * What a member tells its group's leader. In the format of Kafka's own consumers, so that Kafka's tools can
 * read it.
 */
export interface ConsumerSubscription {
  readonly topics: readonly string[];
  readonly userData: Uint8Array;
  readonly owned: readonly TopicPartition[];
  /** As of which generation it owns them; -1 for none. */
  readonly generation: number;
}

const subscriptionVersion = 2;
const assignmentVersion = 1;

function writePartitions(writer: ByteWriter, partitions: readonly TopicPartition[]): void {
  writer.array(byTopic(partitions), ({ topic, entries }) => {
    writer.string(topic).array(entries, ({ partition }) => writer.int32(partition));
  });
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return reader
    .array(() => {
      const topic = reader.string() ?? '';
      return reader.array(() => ({ topic, partition: reader.int32() }));
    })
    .flat();
}

export function encodeSubscription({ topics, userData, owned, generation }: ConsumerSubscription): Buffer {
  const writer = new ByteWriter().int16(subscriptionVersion);
  writer.array(topics, (topic) => writer.string(topic));
  writer.int32(userData.length).bytes(userData);
  writePartitions(writer, owned);
  return writer.int32(generation).buffer;
}

export function decodeSubscription(bytes: Buffer): ConsumerSubscription {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  const topics = reader.array(() => reader.string() ?? '');
  const userData = reader.slice(Math.max(0, reader.int32()));
  const owned = version >= 1 ? readPartitions(reader) : [];
  const generation = version >= 2 ? reader.int32() : -1;
  return { topics, userData, owned, generation };
}

/** What the group's leader tells a member. */
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Uint8Array | undefined;
}

export function encodeAssignment({ partitions, userData }: MemberAssignment): Buffer {
  const writer = new ByteWriter().int16(assignmentVersion);
  writePartitions(writer, partitions);
  if (userData === undefined) return writer.int32(-1).buffer;
  return writer.int32(userData.length).bytes(userData).buffer;
}

/** A member that gets nothing may be sent nothing at all. */
export function decodeAssignment(bytes: Buffer): MemberAssignment {
  if (bytes.length === 0) return { partitions: [], userData: undefined };
  const reader = new ByteReader(bytes);
  reader.int16();
  const partitions = readPartitions(reader);
  const length = reader.int32();
  return { partitions, userData: length < 0 ? undefined : reader.slice(length) };
}

/** The members as an assignor sees them. What two claim to own belongs to the one that heard of it last. */
export function assignorMembers(
  members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
): AssignorMember[] {
  const all = members.map(({ memberId, memberMetadata }) => ({
    id: memberId,
    ...decodeSubscription(memberMetadata),
  }));
  const latest = new Map<string, number>();
  const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
  for (const { owned, generation } of all) {
    for (const one of owned) {
      latest.set(nameOf(one), Math.max(generation, latest.get(nameOf(one)) ?? -1));
    }
  }
  return all.map(({ id, topics, userData, owned, generation }) => ({
    id,
    topics,
    userData,
    owned: owned.filter((one) => latest.get(nameOf(one)) === generation),
  }));
}
