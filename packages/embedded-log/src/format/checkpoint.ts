import { crc32 } from 'node:zlib';
import { LogError } from '@millrace/log-client';
import type { CheckpointSegment } from './checkpoint-segment.ts';
import type { GroupOffsets, TopicCreated, TransactionalId } from './log-event.ts';

/*
 * A checkpoint slot: | magic "MILLRACE" | format version u32 | length u32 | crc32 u32 | JSON |
 * Numbers are little-endian; the checksum is over version, length and JSON.
 * There are two, written in turn, so that a torn write leaves the other one whole.
 */
const magic = Buffer.from('MILLRACE');
const headerBytes = 20;
export const formatVersion = 2;

export interface CheckpointPartition {
  readonly start: number;
  readonly end: number;
  /** Before this offset each key is there once; left out where the partition was never compacted. */
  readonly cleanedUpTo?: number;
  /** What is known of clients' producers; left out where there are none. */
  readonly producers?: CheckpointProducers;
  /** Oldest first. */
  readonly segments: readonly CheckpointSegment[];
}

export interface CheckpointProducers {
  /** Idempotent producers with their last batches, oldest first. */
  readonly known: readonly {
    readonly id: number;
    readonly epoch: number;
    readonly at: number;
    readonly batches: readonly (readonly [sequence: number, count: number, offset: number])[];
  }[];
  /** Transactions that have not ended, by producer, with their first offset. */
  readonly open: readonly (readonly [producerId: number, firstOffset: number])[];
  readonly aborted: readonly (readonly [producerId: number, firstOffset: number, lastOffset: number])[];
}

export interface LogCheckpoint {
  /** Grows by one with each checkpoint; the higher of two valid slots counts. */
  readonly generation: number;
  /** Made once for a log. */
  readonly logId: string;
  /** The journal file that continues from here, and what its first frame must follow. */
  readonly journalId: number;
  readonly sequence: number;
  readonly crc: number;
  readonly nextTopicId: number;
  readonly nextFileId: number;
  readonly topics: readonly (TopicCreated & { readonly state: readonly CheckpointPartition[] })[];
  readonly groups: readonly GroupOffsets[];
  /** Left out by logs that no client of the protocol has used. */
  readonly nextProducerId?: number;
  readonly transactional?: readonly TransactionalId[];
  /**
   * Segments that are no part of the log any more, but are named in journals that the checkpoint before this
   * one needs.
   */
  readonly alsoNeeded: readonly string[];
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

/** The format version and the content of a slot; undefined where it is empty or torn. */
export function readSlot(bytes: Buffer): { readonly version: number; readonly json: Buffer } | undefined {
  if (bytes.length < headerBytes || !bytes.subarray(0, 8).equals(magic)) return undefined;
  const json = bytes.subarray(headerBytes, headerBytes + bytes.readUInt32LE(12));
  if (checksum(bytes, json) !== bytes.readUInt32LE(16)) return undefined;
  return { version: bytes.readUInt32LE(8), json };
}

/**
 * The checkpoint in a slot's bytes; undefined where it is empty, torn, or of an earlier version.
 * @throws LogError `LOG_CORRUPT` when a newer version wrote it
 */
export function decodeCheckpoint(bytes: Buffer, location: string): LogCheckpoint | undefined {
  const slot = readSlot(bytes);
  if (slot === undefined || slot.version < formatVersion) return undefined;
  if (slot.version > formatVersion) {
    throw new LogError(
      'LOG_CORRUPT',
      `The log in ${location} has format version ${slot.version}; this library reads version ${formatVersion} and earlier. Nothing was touched: install a newer version`,
    );
  }
  return JSON.parse(slot.json.toString('utf8')) as LogCheckpoint;
}
