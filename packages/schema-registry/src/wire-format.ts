// Confluent's wire format: a zero, the schema's id in four bytes, big end first, and the payload.

const magic = 0;
export const headerBytes = 5;

/** Writes the header into the first bytes of a buffer. */
export function writeHeader(target: Buffer, schemaId: number): void {
  target[0] = magic;
  target.writeInt32BE(schemaId, 1);
}

/**
 * The id of the schema that bytes were written with.
 * @throws TypeError when they do not begin with the header
 */
export function readSchemaId(bytes: Buffer): number {
  if (bytes.length >= headerBytes && bytes[0] === magic) return bytes.readInt32BE(1);
  const start = bytes.length < headerBytes ? `${bytes.length} bytes` : `first byte 0x${hex(bytes[0]!)}`;
  throw new TypeError(
    `Not in the schema registry's wire format (${start}; it begins with a zero and the schema's id): was it written without a registry?`,
  );
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Header and payload in one. */
export function framed(schemaId: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  writeHeader(bytes, schemaId);
  bytes.set(payload, headerBytes);
  return bytes;
}
