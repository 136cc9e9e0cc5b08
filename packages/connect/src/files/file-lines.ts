import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { CsvQuotes } from './csv-quotes.ts';

const chunkBytes = 64 << 10;
/** A longer line is a mistake: a file of another kind. */
const longestLine = 16 << 20;
/** So many bytes tell whether a file is the one that was read before. */
const headBytes = 1024;
const newline = 0x0a;
const byteOrderMark = Buffer.from('\uFEFF');

/** How far a file has been read. */
export interface FilePosition {
  /** In bytes: where the next line begins. */
  readonly offset: number;
  /** The number of that line, from 1 on. */
  readonly line: number;
  /** Of the file's beginning: another one means another file. */
  readonly head: string;
}

/** A line without its end, and where the next one begins. */
export interface FileLine {
  readonly text: string;
  readonly line: number;
  readonly next: FilePosition;
}

export interface FileLinesOptions {
  /** What is between two fields of CSV: a line goes on where it ends in a field between double quotes. */
  readonly csvDelimiter?: string;
}

/** Reads a file line by line, from a position on; the file may grow, and another may take its place. */
export class FileLines {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #quotes: CsvQuotes | undefined;
  #position: FilePosition;
  /** Bytes from the position on. */
  #buffer = Buffer.alloc(0);
  /** Up to where the buffer was searched for the end of the line. */
  #searched = 0;
  /** Up to where the quotes of a row were followed. */
  #followed = 0;

  private constructor(file: FileHandle, path: string, options: FileLinesOptions, position: FilePosition) {
    this.#file = file;
    this.#path = path;
    this.#quotes = options.csvDelimiter === undefined ? undefined : new CsvQuotes(options.csvDelimiter);
    this.#position = position;
  }

  /**
   * Begins where `known` says, where the file still begins as it did and is not shorter; else at its start.
   */
  static async open(
    path: string,
    known: FilePosition | undefined,
    options: FileLinesOptions = {},
  ): Promise<FileLines> {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const isSame =
        known !== undefined && size >= known.offset && (await headOf(file, known.offset)) === known.head;
      return new FileLines(file, path, options, isSame ? known : { offset: 0, line: 1, head: '' });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Where the next line begins. */
  get position(): FilePosition {
    return this.#position;
  }

  /**
   * Up to so many lines; none at the end of what is there. A last line without an end is one only where
   * `isWhole` says that nothing more comes. @throws RangeError for a line that is too long
   */
  async read(limit: number, { isWhole }: { readonly isWhole: boolean }): Promise<FileLine[]> {
    const lines: FileLine[] = [];
    while (lines.length < limit) {
      const end = this.#endOfLine();
      if (end >= 0) lines.push(await this.#take(end + 1));
      else if (!(await this.#fill())) {
        if (isWhole && this.#buffer.length > 0) lines.push(await this.#take(this.#buffer.length));
        break;
      }
    }
    return lines;
  }

  /** The place of the byte that ends the line; -1 where it is not there yet. */
  #endOfLine(): number {
    for (;;) {
      const end = this.#buffer.indexOf(newline, this.#searched);
      this.#searched = end < 0 ? this.#buffer.length : end + 1;
      if (end < 0 || !this.#goesOn(end)) return end;
    }
  }

  /** Whether the end of a line is inside a field of CSV. */
  #goesOn(end: number): boolean {
    if (this.#quotes === undefined) return false;
    const isFirst = this.#position.offset === 0 && this.#followed === 0;
    const from =
      isFirst && this.#buffer.subarray(0, byteOrderMark.length).equals(byteOrderMark)
        ? byteOrderMark.length
        : this.#followed;
    this.#quotes.add(this.#buffer.subarray(from, end));
    this.#followed = end + 1;
    return this.#quotes.isOpen;
  }

  async #fill(): Promise<boolean> {
    if (this.#buffer.length > longestLine) {
      const { line } = this.#position;
      const why = this.#quotes?.isOpen === true ? 'is a quote not closed?' : 'is it a text?';
      throw new RangeError(`Line ${line} of ${this.#path} has more than ${longestLine} bytes: ${why}`);
    }
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const at = this.#position.offset + this.#buffer.length;
    const { bytesRead } = await this.#file.read(chunk, 0, chunkBytes, at);
    this.#buffer = Buffer.concat([this.#buffer, chunk.subarray(0, bytesRead)]);
    return bytesRead > 0;
  }

  async #take(length: number): Promise<FileLine> {
    const { offset, line, head } = this.#position;
    const end = offset + length;
    // Once the head is whole it does not change any more.
    const known = offset >= headBytes ? head : await headOf(this.#file, end);
    const lines = this.#quotes === undefined ? 1 : Math.max(1, countOf(newline, this.#buffer, 0, length));
    this.#position = { offset: end, line: line + lines, head: known };
    const text = this.#buffer.toString('utf8', 0, length).replace(/\r?\n$/, '');
    this.#buffer = this.#buffer.subarray(length);
    this.#searched = 0;
    this.#followed = 0;
    if (this.#quotes !== undefined) this.#quotes.isOpen = false;
    // A byte order mark is no part of the first line.
    return { text: offset === 0 ? text.replace(/^\uFEFF/, '') : text, line, next: this.#position };
  }

  /** Whether the path leads to another file by now, or this one has been cut. */
  async isReplaced(): Promise<boolean> {
    const [own, there] = await Promise.all([this.#file.stat(), stat(this.#path).catch(() => undefined)]);
    if (there === undefined) return false;
    const { offset, head } = this.#position;
    if (there.ino !== own.ino || own.size < offset) return true;
    return offset > 0 && (await headOf(this.#file, offset)) !== head;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** How often a byte occurs between two places. */
function countOf(byte: number, bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte, from); at >= 0 && at < to; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

async function headOf(file: FileHandle, end: number): Promise<string> {
  const bytes = Buffer.alloc(Math.min(headBytes, end));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  return createHash('sha256').update(bytes.subarray(0, bytesRead)).digest('base64url');
}
