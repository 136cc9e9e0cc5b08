import { crc32 } from 'node:zlib';
import { LogError } from '@millrace/log-client';
import type { TopicCreated } from './log-event.ts';

/*
 * A checkpoint slot: | magic "MILLRACE" | format version u32 | length u32 | crc32 u32 | JSON |
 * The checksum is over version, length and JSON.
 * There are two, written in turn, so that a torn write leaves the other one whole.
 */
const magic = Buffer.from('MILLRACE');
const headerBytes = 20;
export const formatVersion = 1;

export interface CheckpointPartition {
  readonly start: number;
  readonly end: number;
  /** Base offset and bytes of each segment file, oldest first. */
  readonly segments: readonly (readonly [baseOffset: number, bytes: number])[];
}

export interface LogCheckpoint {
  /** Grows by one with each checkpoint; the higher of two valid slots counts. */
  readonly generation: number;
  /** Made once for a log: part of its topics' ids. */
  readonly logId: string;
  /** The journal file that continues from here, and what its first frame must follow. */
  readonly journalId: number;
  readonly sequence: number;
  readonly crc: number;
  readonly nextTopicId: number;
  readonly topics: readonly (TopicCreated & { readonly state: readonly CheckpointPartition[] })[];
  readonly groups: readonly {
    readonly group: string;
    readonly offsets: readonly (readonly [
      topicId: number,
      partition: number,
      offset: number,
      metadata: string,
    ])[];
  }[];
}

function checksum(header: Buffer, json: Buffer): number {
  return crc32(json, crc32(header.subarray(8, 16)));
}

export function encodeCheckpoint(checkpoint: LogCheckpoint): Buffer {
  const json = Buffer.from(JSON.stringify(checkpoint));
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt32LE(formatVersion, 8);
  header.writeUInt32LE(json.length, 12);
  header.writeUInt32LE(checksum(header, json), 16);
  return Buffer.concat([header, json]);
}

/**
 * The checkpoint in a slot's bytes; undefined where it is empty or torn. @throws LogError when a newer
 * version wrote it
 */
export function decodeCheckpoint(bytes: Buffer, location: string): LogCheckpoint | undefined {
  if (bytes.length < headerBytes || !bytes.subarray(0, 8).equals(magic)) return undefined;
  const json = bytes.subarray(headerBytes, headerBytes + bytes.readUInt32LE(12));
  if (checksum(bytes, json) !== bytes.readUInt32LE(16)) return undefined;
  const version = bytes.readUInt32LE(8);
  if (version !== formatVersion) {
    throw new LogError(
      'LOG_CORRUPT',
      `The log in ${location} has format version ${version}; this library reads version ${formatVersion}. Nothing was touched`,
    );
  }
  return JSON.parse(json.toString('utf8')) as LogCheckpoint;
}
