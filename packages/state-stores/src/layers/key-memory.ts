import { allocateBytes } from '@millrace/log-client';
import type { ChangeList } from '../state-store.ts';

/** Longer keys are rare, and get memory of their own. In bytes. */
const longest = 256;
const shared: Buffer[] = [];

function sharedBytes(length: number): Buffer {
  if (length > longest) return allocateBytes(length);
  // As all other keys are made: what reads them meets one kind of object.
  shared[length] ??= allocateBytes(length);
  return shared[length];
}

/** Gives the memory that a changelog key of so many bytes is written to. */
export type KeyMemory = (length: number) => Buffer;

/** The same memory for all keys of a length where the list copies them, else of its own for each. */
export function keyMemory(into: ChangeList | undefined): KeyMemory {
  return into?.copies === true ? sharedBytes : allocateBytes;
}
