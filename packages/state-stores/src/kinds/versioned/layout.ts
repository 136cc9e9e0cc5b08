import { allocateBytes, asBuffer } from '@millrace/log-client';

/**
 * All versions of a key in one value: ( timestamp f64 | length + 1 u32, 0 for none | value ) ..., the
 * earliest first.
 */
const headerBytes = 12;

export interface StoredVersion {
  readonly timestamp: number;
  readonly value: Uint8Array | undefined;
}

export function encodeVersions(versions: readonly StoredVersion[]): Buffer {
  let size = 0;
  for (const { value } of versions) size += headerBytes + (value?.length ?? 0);
  const bytes = allocateBytes(size);
  let at = 0;
  for (const { timestamp, value } of versions) {
    bytes.writeDoubleBE(timestamp, at);
    bytes.writeUInt32BE(value === undefined ? 0 : value.length + 1, at + 8);
    at += headerBytes;
    if (value === undefined) continue;
    bytes.set(value, at);
    at += value.length;
  }
  return bytes;
}

export function decodeVersions(source: Uint8Array): StoredVersion[] {
  const bytes = asBuffer(source);
  const versions: StoredVersion[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lengthPlusOne = bytes.readUInt32BE(at + 8);
    const end = at + headerBytes + Math.max(0, lengthPlusOne - 1);
    const value = lengthPlusOne === 0 ? undefined : bytes.subarray(at + headerBytes, end);
    versions.push({ timestamp: bytes.readDoubleBE(at), value });
    at = end;
  }
  return versions;
}
