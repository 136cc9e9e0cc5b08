import { frameSizeBytes } from './frame.ts';

/** Puts frames together from what a socket brings. */
export class FrameReader {
  readonly #shortest: number;
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Of the frame that is being received, with its size; 0 while the size is not known. */
  #frameBytes = 0;

  /** @param shortest the least that a frame can be: 8 bytes for a request, 4 for a response */
  constructor(shortest: number) {
    this.#shortest = shortest;
  }

  /** How much has come of frames that are not whole yet, in bytes. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  push(data: Buffer): void {
    this.#pieces.push(data);
    this.#bytes += data.length;
  }

  /**
   * The next whole frame without its size; undefined where there is none yet.
   * @throws RangeError for a size that is more than `maxBytes`, or less than the shortest
   */
  next(maxBytes: number): Buffer | undefined {
    if (this.#frameBytes === 0) {
      if (this.#bytes < frameSizeBytes) return undefined;
      const size = this.#joined().readInt32BE(0);
      if (size < this.#shortest || size > maxBytes) {
        throw new RangeError(`A frame says that it has ${size} bytes: up to ${maxBytes} are taken`);
      }
      this.#frameBytes = frameSizeBytes + size;
    }
    if (this.#bytes < this.#frameBytes) return undefined;
    const all = this.#joined();
    const frame = all.subarray(frameSizeBytes, this.#frameBytes);
    const rest = all.subarray(this.#frameBytes);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#frameBytes = 0;
    return frame;
  }

  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces, this.#bytes)];
    return this.#pieces[0]!;
  }
}
