import { keptInThread } from '@millrace/log-client/platform';

/** A Buffer that is made in half the time that Node takes for its own. */
class View extends Uint8Array {}
Object.setPrototypeOf(View.prototype, Buffer.prototype);
Object.defineProperty(View.prototype, 'constructor', { value: Buffer });

function viewOf(memory: ArrayBuffer, at: number, length: number): Buffer {
  return new View(memory, at, length) as Buffer;
}

/** Bytes that many views are made of: what a typed array takes long to say is asked once. */
export class ViewedBytes {
  readonly bytes: Buffer;
  readonly #memory: ArrayBuffer;
  readonly #start: number;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#memory = bytes.buffer as ArrayBuffer;
    this.#start = bytes.byteOffset;
  }

  /** A view of so many bytes; the caller has made sure that they are there. */
  view(at: number, length: number): Buffer {
    return viewOf(this.#memory, this.#start + at, length);
  }
}

/** As large as Node's own: one small part in use keeps all of it in memory. */
const poolBytes = 8 << 10;
const largestPooled = poolBytes / 8;
/** A part begins at a multiple of this. */
const alignment = 8;

let pool = newPool();
let used = 0;

function newPool(): ArrayBuffer {
  return keptInThread(Buffer.allocUnsafeSlow(poolBytes).buffer as ArrayBuffer);
}

/** As `Buffer.allocUnsafe`, in half the time for what is small: one for each key or value that is written. */
export function allocateBytes(length: number): Buffer {
  if (length > largestPooled) return Buffer.allocUnsafe(length);
  if (used + length > poolBytes) {
    pool = newPool();
    used = 0;
  }
  const from = used;
  used = (from + length + alignment - 1) & -alignment;
  return viewOf(pool, from, length);
}
