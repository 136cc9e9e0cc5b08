import { KeyFilter } from './key-filter.ts';

/*
 * The filter of a closed store: | checkpoint's length u32, big-endian | checkpoint | filter |. A release that
 * knows nothing of filters moves the checkpoint on when it writes.
 */
const lengthBytes = 4;

export function encodeSavedFilter(filter: KeyFilter, checkpoint: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(checkpoint.length);
  return Buffer.concat([length, checkpoint, filter.encode()]);
}

/** Undefined where the store may have been written since, or what was saved cannot be read. */
export function decodeSavedFilter(
  saved: Buffer | undefined,
  checkpoint: Buffer | undefined,
): KeyFilter | undefined {
  if (saved === undefined || checkpoint === undefined || saved.length < lengthBytes) return undefined;
  const end = lengthBytes + saved.readUInt32BE();
  if (!saved.subarray(lengthBytes, end).equals(checkpoint)) return undefined;
  return KeyFilter.decode(saved.subarray(end));
}
