import {
  allocateBytes,
  asBuffer,
  type Bytes,
  bytesLength,
  copyBytes,
  readLatin1,
  writeLatin1,
} from '@millrace/log-client';
import type { KeyMemory } from '../../layers/key-memory.ts';

/*
 * All members of a group in one value:
 *   ( timestamp f64 | member length u32 | value length u32 | member | value ) ...
 * A member's key in the changelog: | group length u32 | group | member |, as Kafka's CombinedKeySchema.
 */
const headerBytes = 16;
const lengthBytes = 4;

export interface StoredMember {
  /** Its bytes, a character for each. */
  readonly name: string;
  readonly value: Uint8Array;
  readonly timestamp: number;
}

export function encodeGroup(members: readonly StoredMember[]): Buffer {
  let size = 0;
  for (const { name, value } of members) size += headerBytes + name.length + value.length;
  const bytes = allocateBytes(size);
  let at = 0;
  for (const { name, value, timestamp } of members) {
    bytes.writeDoubleBE(timestamp, at);
    bytes.writeUInt32BE(name.length, at + 8);
    bytes.writeUInt32BE(value.length, at + 12);
    at = copyBytes(value, bytes, writeLatin1(name, bytes, at + headerBytes));
  }
  return bytes;
}

export function decodeGroup(source: Uint8Array): StoredMember[] {
  const bytes = asBuffer(source);
  const members: StoredMember[] = [];
  for (let at = 0; at < bytes.length; ) {
    const memberAt = at + headerBytes;
    const valueAt = memberAt + bytes.readUInt32BE(at + 8);
    const end = valueAt + bytes.readUInt32BE(at + 12);
    members.push({
      timestamp: bytes.readDoubleBE(at),
      name: readLatin1(bytes, memberAt, valueAt),
      value: bytes.subarray(valueAt, end),
    });
    at = end;
  }
  return members;
}

export function memberBytes(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

export function memberKey(group: Bytes, name: string, memory: KeyMemory): Buffer {
  const length = bytesLength(group);
  const bytes = memory(lengthBytes + length + name.length);
  bytes.writeUInt32BE(length, 0);
  writeLatin1(name, bytes, copyBytes(group, bytes, lengthBytes));
  return bytes;
}

export function parseMemberKey(source: Uint8Array): { readonly group: Uint8Array; readonly name: string } {
  const bytes = asBuffer(source);
  const memberAt = lengthBytes + bytes.readUInt32BE(0);
  return {
    group: bytes.subarray(lengthBytes, memberAt),
    name: readLatin1(bytes, memberAt, bytes.length),
  };
}
