import { crc32c } from '@node-rs/crc32';

/*
 * The index of a segment, a sparse one. All numbers are little-endian.
 *
 *   | magic "MRIX" | crc32c u32 of all after it | covered bytes f64 | entry ... |
 * An entry: | offset f64 | position f64 | largest timestamp before it f64 |
 */
const magic = Buffer.from('MRIX');
const headerBytes = 16;
const entryBytes = 24;

/** A batch of a segment that a reader can start at. */
export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
  /** The largest timestamp of the segment before this batch; -1 at its start. */
  readonly maxTimestampBefore: number;
}

export interface StoredIndex {
  /** How much of the segment the entries stand for. */
  readonly covered: number;
  readonly entries: readonly IndexEntry[];
}

export function encodeIndex({ covered, entries }: StoredIndex): Buffer {
  const bytes = Buffer.alloc(headerBytes + entries.length * entryBytes);
  magic.copy(bytes);
  bytes.writeDoubleLE(covered, 8);
  for (const [index, { offset, position, maxTimestampBefore }] of entries.entries()) {
    const at = headerBytes + index * entryBytes;
    bytes.writeDoubleLE(offset, at);
    bytes.writeDoubleLE(position, at + 8);
    bytes.writeDoubleLE(maxTimestampBefore, at + 16);
  }
  bytes.writeUInt32LE(crc32c(bytes.subarray(8)), 4);
  return bytes;
}

/** Undefined where the bytes are no whole, intact index. */
export function decodeIndex(bytes: Buffer): StoredIndex | undefined {
  if (bytes.length < headerBytes || (bytes.length - headerBytes) % entryBytes !== 0) return undefined;
  if (!bytes.subarray(0, 4).equals(magic)) return undefined;
  if (crc32c(bytes.subarray(8)) !== bytes.readUInt32LE(4)) return undefined;
  const entries: IndexEntry[] = [];
  for (let at = headerBytes; at < bytes.length; at += entryBytes) {
    entries.push({
      offset: bytes.readDoubleLE(at),
      position: bytes.readDoubleLE(at + 8),
      maxTimestampBefore: bytes.readDoubleLE(at + 16),
    });
  }
  return { covered: bytes.readDoubleLE(8), entries };
}
