import { createHash } from 'node:crypto';

/** Keys up to this size are kept as they are, longer ones as their SHA-256. In bytes. */
const longestKey = 64;
const slotBytes = 4;
/** For each key: hash, where its bytes are and how many, offset. */
const entryBytes = 4 + 4 + 1 + 8;
/** What keys are expected to take at first; the arena grows by what they turn out to take. */
const expectedKeyBytes = 24;
const smallest = 1024;

/**
 * The last offset of each key, by the exact bytes of keys. Holds as many keys as its memory allows: an open
 * hash table of typed arrays, because millions of objects would be garbage.
 */
export class OffsetMap {
  readonly #maxBytes: number;
  #capacity = smallest;
  #slots = new Int32Array(2 * smallest).fill(-1);
  #hashes = new Int32Array(smallest);
  #starts = new Uint32Array(smallest);
  #lengths = new Uint8Array(smallest);
  #offsets = new Float64Array(smallest);
  #arena = Buffer.allocUnsafeSlow(smallest * expectedKeyBytes);
  #arenaEnd = 0;
  size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The memory it takes, in bytes. */
  get bytes(): number {
    return this.#capacity * (2 * slotBytes + entryBytes) + this.#arena.length;
  }

  /** Notes the offset of a key; false where a new key has no room any more. */
  put(source: Buffer, start: number, end: number, offset: number): boolean {
    const key = end - start > longestKey ? digest(source, start, end) : undefined;
    const [bytes, from, to] = key === undefined ? [source, start, end] : [key, 0, key.length];
    const hash = hashOf(bytes, from, to);
    let slot = this.#slotOf(bytes, from, to, hash);
    let entry = this.#slots[slot]!;
    if (entry < 0) {
      if (!this.#makeRoom(to - from)) return false;
      slot = this.#slotOf(bytes, from, to, hash);
      entry = this.size++;
      this.#slots[slot] = entry;
      this.#hashes[entry] = hash;
      this.#starts[entry] = this.#arenaEnd;
      this.#lengths[entry] = to - from;
      bytes.copy(this.#arena, this.#arenaEnd, from, to);
      this.#arenaEnd += to - from;
    }
    this.#offsets[entry] = offset;
    return true;
  }

  /** The last offset of a key; -1 for one that is not there. */
  get(source: Buffer, start: number, end: number): number {
    const key = end - start > longestKey ? digest(source, start, end) : undefined;
    const [bytes, from, to] = key === undefined ? [source, start, end] : [key, 0, key.length];
    const entry = this.#slots[this.#slotOf(bytes, from, to, hashOf(bytes, from, to))]!;
    return entry < 0 ? -1 : this.#offsets[entry]!;
  }

  /** The slot of a key, or the free one where it would go. */
  #slotOf(bytes: Buffer, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    const length = end - start;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry < 0) return slot;
      if (this.#hashes[entry] !== hash || this.#lengths[entry] !== length) continue;
      const at = this.#starts[entry]!;
      let index = 0;
      while (index < length && this.#arena[at + index] === bytes[start + index]) index++;
      if (index === length) return slot;
    }
  }

  #makeRoom(keyBytes: number): boolean {
    if (this.size === this.#capacity) {
      const added = this.#capacity * (2 * slotBytes + entryBytes);
      if (this.bytes + added > this.#maxBytes) return false;
      this.#grow();
    }
    if (this.#arenaEnd + keyBytes > this.#arena.length) {
      if (this.bytes + this.#arena.length > this.#maxBytes) return false;
      const grown = Buffer.allocUnsafeSlow(2 * this.#arena.length);
      this.#arena.copy(grown, 0, 0, this.#arenaEnd);
      this.#arena = grown;
    }
    return true;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#hashes = grownCopy(new Int32Array(this.#capacity), this.#hashes);
    this.#starts = grownCopy(new Uint32Array(this.#capacity), this.#starts);
    this.#lengths = grownCopy(new Uint8Array(this.#capacity), this.#lengths);
    this.#offsets = grownCopy(new Float64Array(this.#capacity), this.#offsets);
    this.#slots = new Int32Array(2 * this.#capacity).fill(-1);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.size; entry++) {
      let slot = this.#hashes[entry]! & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = entry;
    }
  }
}

function grownCopy<T extends { set(source: T): void }>(target: T, source: T): T {
  target.set(source);
  return target;
}

function digest(source: Buffer, start: number, end: number): Buffer {
  return createHash('sha256').update(source.subarray(start, end)).digest();
}

/** A mix of the finalisers of Murmur3: spreads keys that differ in their last bytes only. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x5bd1e995);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
