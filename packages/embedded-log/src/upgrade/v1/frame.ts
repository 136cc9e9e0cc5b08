import { crc32 } from 'node:zlib';
import type { LogEvent, TopicCreated } from '../../format/log-event.ts';
import { readBatchHeaderV1 } from './record-batch.ts';

/*
 * A frame of format version 1. All numbers are little-endian.
 *
 *   0        4        8             16         20         24                32
 *   +--------+--------+-------------+----------+----------+-----------------+---------
 *   | length | crc32  | sequence f64| prev crc | journal  | durable up to   | body ...
 *   +--------+--------+-------------+----------+----------+-----------------+---------
 *
 * Body:  | event length u32 | event JSON | batches u32 | (topic id u32, partition u32, batch) ... |
 */
const frameHeaderBytes = 32;

/** A topic as it was described before topics had uuids. */
export type TopicCreatedV1 = Omit<TopicCreated, 'uuid' | 'formerId'>;

export type LogEventV1 = Pick<LogEvent, 'deleted' | 'grown' | 'starts' | 'offsets'> & {
  readonly created?: readonly TopicCreatedV1[];
};

export interface FrameV1 {
  readonly sequence: number;
  readonly previousCrc: number;
  readonly durableUpTo: number;
  readonly crc: number;
  /** Where the next frame starts. */
  readonly end: number;
  readonly event: LogEventV1;
  readonly batches: readonly {
    readonly topicId: number;
    readonly partition: number;
    readonly bytes: Buffer;
  }[];
}

function readBody(source: Buffer, start: number): Pick<FrameV1, 'event' | 'batches'> {
  const eventEnd = start + 4 + source.readUInt32LE(start);
  const event = JSON.parse(source.toString('utf8', start + 4, eventEnd)) as LogEventV1;
  const count = source.readUInt32LE(eventEnd);
  const batches: FrameV1['batches'][number][] = [];
  let at = eventEnd + 4;
  for (let index = 0; index < count; index++) {
    const { size } = readBatchHeaderV1(source, at + 8);
    const [topicId, partition] = [source.readUInt32LE(at), source.readUInt32LE(at + 4)];
    batches.push({ topicId, partition, bytes: source.subarray(at + 8, at + 8 + size) });
    at += 8 + size;
  }
  return { event, batches };
}

/** The frame at `at`, or undefined where no whole, intact frame of this journal file starts there. */
export function decodeFrameV1(source: Buffer, at: number, journalId: number): FrameV1 | undefined {
  if (at + frameHeaderBytes > source.length) return undefined;
  const end = at + 4 + source.readUInt32LE(at);
  if (end < at + frameHeaderBytes + 8 || end > source.length) return undefined;
  if (source.readUInt32LE(at + 20) !== journalId) return undefined;
  const crc = source.readUInt32LE(at + 4);
  if (crc32(source.subarray(at + 8, end)) !== crc) return undefined;
  return {
    sequence: source.readDoubleLE(at + 8),
    previousCrc: source.readUInt32LE(at + 16),
    durableUpTo: source.readDoubleLE(at + 24),
    crc,
    end,
    ...readBody(source, at + frameHeaderBytes),
  };
}
