import { asBuffer } from '@millrace/log-client';

/*
 * All members of a group in one value:
 *   ( timestamp f64 | member length u32 | value length u32 | member | value ) ...
 * A member's key in the changelog: | group length u32 | group | member |, as Kafka's CombinedKeySchema.
 */
const headerBytes = 16;

export interface StoredMember {
  readonly member: Uint8Array;
  readonly value: Uint8Array;
  readonly timestamp: number;
}

export function encodeGroup(members: readonly StoredMember[]): Buffer {
  let size = 0;
  for (const { member, value } of members) size += headerBytes + member.length + value.length;
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { member, value, timestamp } of members) {
    bytes.writeDoubleBE(timestamp, at);
    bytes.writeUInt32BE(member.length, at + 8);
    bytes.writeUInt32BE(value.length, at + 12);
    bytes.set(member, at + headerBytes);
    bytes.set(value, at + headerBytes + member.length);
    at += headerBytes + member.length + value.length;
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
      member: bytes.subarray(memberAt, valueAt),
      value: bytes.subarray(valueAt, end),
    });
    at = end;
  }
  return members;
}

export function memberKey(group: Uint8Array, member: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 + group.length + member.length);
  bytes.writeUInt32BE(group.length, 0);
  bytes.set(group, 4);
  bytes.set(member, 4 + group.length);
  return bytes;
}

export function parseMemberKey(source: Uint8Array): {
  readonly group: Uint8Array;
  readonly member: Uint8Array;
} {
  const bytes = asBuffer(source);
  const memberAt = 4 + bytes.readUInt32BE(0);
  return { group: bytes.subarray(4, memberAt), member: bytes.subarray(memberAt) };
}
