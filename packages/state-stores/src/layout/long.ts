/** Whole numbers as 8 bytes, big-endian, two's complement: as Java writes a long. */
export function writeLong(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
