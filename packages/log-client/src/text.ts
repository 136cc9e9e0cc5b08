import { allocateBytes } from './memory.ts';

/*
 * Keys are short and ASCII most of the time. A call into Node's encoder or decoder costs more than they do:
 * they are read and written here, byte for byte, and all else is left to Node.
 */

/** Texts up to so many bytes are cheaper to read here, up to so many units cheaper to write. */
const longestRead = 12;
const longestWritten = 20;
const lastAscii = 0x7f;

const char = String.fromCharCode;

/** Reads UTF-8. */
export function readText(source: Buffer, from: number, to: number): string {
  const length = to - from;
  if (length > longestRead) return source.toString('utf8', from, to);
  let all = 0;
  for (let at = from; at < to; at++) all |= source[at]!;
  if (all > lastAscii) return source.toString('utf8', from, to);
  return length <= 8
    ? upToEight(source, from, length)
    : eight(source, from) + upToEight(source, from + 8, length - 8);
}

/** Reads a character for each byte: what compares as the bytes do, and is a key of a Map. */
export function readLatin1(source: Buffer, from: number, to: number): string {
  const length = to - from;
  if (length > longestRead) return source.toString('latin1', from, to);
  return length <= 8
    ? upToEight(source, from, length)
    : eight(source, from) + upToEight(source, from + 8, length - 8);
}

function eight(s: Buffer, at: number): string {
  const [a, b, c, d] = [s[at]!, s[at + 1]!, s[at + 2]!, s[at + 3]!];
  return char(a, b, c, d, s[at + 4]!, s[at + 5]!, s[at + 6]!, s[at + 7]!);
}

/** So many characters. A text made of its characters in one call is not copied. */
function upToEight(s: Buffer, at: number, length: number): string {
  switch (length) {
    case 0:
      return '';
    case 1:
      return char(s[at]!);
    case 2:
      return char(s[at]!, s[at + 1]!);
    case 3:
      return char(s[at]!, s[at + 1]!, s[at + 2]!);
    case 4:
      return char(s[at]!, s[at + 1]!, s[at + 2]!, s[at + 3]!);
    case 5:
      return char(s[at]!, s[at + 1]!, s[at + 2]!, s[at + 3]!, s[at + 4]!);
    case 6:
      return char(s[at]!, s[at + 1]!, s[at + 2]!, s[at + 3]!, s[at + 4]!, s[at + 5]!);
    case 7:
      return char(s[at]!, s[at + 1]!, s[at + 2]!, s[at + 3]!, s[at + 4]!, s[at + 5]!, s[at + 6]!);
    default:
      return eight(s, at);
  }
}

/** How many bytes a text takes as UTF-8. */
export function textLength(text: string): number {
  const { length } = text;
  if (length > longestWritten) return Buffer.byteLength(text, 'utf8');
  for (let index = 0; index < length; index++)
    if (text.charCodeAt(index) > lastAscii) return Buffer.byteLength(text, 'utf8');
  return length;
}

/** Writes UTF-8 where the target has room for it; returns where it ends. */
export function writeText(text: string, target: Buffer, start: number): number {
  const { length } = text;
  if (length > longestWritten) return start + target.write(text, start, 'utf8');
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > lastAscii) return start + target.write(text, start, 'utf8');
    target[start + index] = unit;
  }
  return start + length;
}

/** Writes what `readLatin1` has read; returns where it ends. */
export function writeLatin1(text: string, target: Buffer, start: number): number {
  const { length } = text;
  if (length > longestWritten) return start + target.write(text, start, 'latin1');
  for (let index = 0; index < length; index++) target[start + index] = text.charCodeAt(index);
  return start + length;
}

/** A text as UTF-8, in memory of its own. */
export function textBytes(text: string): Buffer {
  const { length } = text;
  if (length > longestWritten) return Buffer.from(text, 'utf8');
  const bytes = allocateBytes(length);
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > lastAscii) return Buffer.from(text, 'utf8');
    bytes[index] = unit;
  }
  return bytes;
}
