import { byTopic, type GroupSnapshot, type TopicPartition } from '@millrace/log-client';
import { getInt32, getString, putInt32, putString } from './elements.ts';
import { WireReader } from './reader.ts';
import { WireWriter } from './writer.ts';

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

interface OwnedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

const writeOwnedTopic = (w: WireWriter, { topic, partitions }: OwnedTopic): void => {
  w.string(topic);
  w.array(partitions, putInt32, 0);
};

const readOwnedTopic = (r: WireReader): TopicPartition[] => {
  const topic = r.string();
  return r.array(getInt32, 0).map((partition) => ({ topic, partition }));
};

function writePartitions(w: WireWriter, partitions: readonly TopicPartition[]): void {
  const topics = byTopic(partitions).map(({ topic, entries }) => ({
    topic,
    partitions: entries.map(({ partition }) => partition),
  }));
  w.array(topics, writeOwnedTopic, 0);
}

function readPartitions(r: WireReader): TopicPartition[] {
  return r.array(readOwnedTopic, 0).flat();
}

export function encodeSubscription({ topics, userData, owned, generation }: ConsumerSubscription): Buffer {
  const w = new WireWriter();
  w.int16(subscriptionVersion);
  w.array(topics, putString, 0);
  w.bytes(userData);
  writePartitions(w, owned);
  w.int32(generation);
  return Buffer.concat(w.chunks());
}

export function decodeSubscription(bytes: Buffer): ConsumerSubscription {
  const r = new WireReader(bytes);
  const version = r.int16();
  const topics = r.array(getString, 0);
  const userData = r.nullableBytes() ?? Buffer.alloc(0);
  const owned = version >= 1 ? readPartitions(r) : [];
  const generation = version >= 2 ? r.int32() : -1;
  return { topics, userData, owned, generation };
}

/** What the group's leader tells a member. */
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Uint8Array | undefined;
}

export function encodeAssignment({ partitions, userData }: MemberAssignment): Buffer {
  const w = new WireWriter();
  w.int16(assignmentVersion);
  writePartitions(w, partitions);
  w.nullableBytes(userData ?? null);
  return Buffer.concat(w.chunks());
}

/** A member that gets nothing may be sent nothing at all. */
export function decodeAssignment(bytes: Buffer): MemberAssignment {
  if (bytes.length === 0) return { partitions: [], userData: undefined };
  const r = new WireReader(bytes);
  r.int16();
  const partitions = readPartitions(r);
  return { partitions, userData: r.nullableBytes() ?? undefined };
}

/** A member as a coordinator describes it. */
export interface DescribedMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly clientHost: string;
  readonly memberAssignment: Buffer;
}

/** A group of consumers as the log's seam has it, by the name of its state in Kafka. */
export function groupSnapshot(groupState: string, members: readonly DescribedMember[]): GroupSnapshot {
  return {
    state: groupState === 'Stable' ? 'stable' : members.length === 0 ? 'empty' : 'rebalancing',
    members: members.map(({ memberId, clientId, clientHost, memberAssignment }) => ({
      id: memberId,
      clientId,
      host: clientHost,
      partitions: decodeAssignment(memberAssignment).partitions,
    })),
  };
}
