import { crc32 } from 'node:zlib';

/*
 * A Bloom filter that grows: once a layer has as many keys as it is good for, the next one has four times
 * the room. Encoded: | crc u32 | version u8 | ( log2 of bits u8 | keys u32 | bits ) ... |, little-endian.
 */
const version = 1;
const firstLog2 = 13;
/** Few layers, so that few have to be looked through. */
const growthLog2 = 2;
const bitsPerKey = 12;
/** So many bits of each key: near the best for twelve bits a key, where about one key in 300 is mistaken. */
const probes = 6;
const headerBytes = 5;
const layerHeaderBytes = 5;

interface Layer {
  readonly words: Uint32Array;
  readonly mask: number;
  keys: number;
}

function emptyLayer(log2: number): Layer {
  return { words: new Uint32Array(2 ** (log2 - 5)), mask: 2 ** log2 - 1, keys: 0 };
}

/** Which keys may be there. It is mistaken about few that are not, and about none that is. */
export class KeyFilter {
  /** The newest last. */
  readonly #layers: Layer[];
  /** The hashes of the last key that was looked at: two numbers without an object around them. */
  #first = 0;
  #step = 0;

  constructor(layers: readonly Layer[] = [emptyLayer(firstLog2)]) {
    this.#layers = [...layers];
  }

  /** How many different keys were added, about. */
  get keys(): number {
    return this.#layers.reduce((sum, { keys }) => sum + keys, 0);
  }

  add(key: Uint8Array): void {
    if (this.mayHave(key)) return;
    let layer = this.#layers[this.#layers.length - 1]!;
    if ((layer.keys + 1) * bitsPerKey > layer.mask + 1) {
      layer = emptyLayer(Math.log2(layer.mask + 1) + growthLog2);
      this.#layers.push(layer);
    }
    layer.keys++;
    const { words, mask } = layer;
    for (let probe = 0, hash = this.#first; probe < probes; probe++, hash = (hash + this.#step) | 0) {
      const bit = hash & mask;
      words[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  mayHave(key: Uint8Array): boolean {
    this.#hash(key);
    // The newest has most of all keys.
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      if (this.#isIn(this.#layers[index]!)) return true;
    }
    return false;
  }

  #isIn({ words, mask }: Layer): boolean {
    for (let probe = 0, hash = this.#first; probe < probes; probe++, hash = (hash + this.#step) | 0) {
      const bit = hash & mask;
      if ((words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  /** Two multiplicative hashes in one pass, each finished so that its low bits depend on all bytes. */
  #hash(key: Uint8Array): void {
    let a = 0x811c9dc5;
    let b = key.length;
    for (let at = 0; at < key.length; at++) {
      const byte = key[at]!;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte, 0x5bd1e995) ^ (b >>> 15);
    }
    this.#first = mixed(a);
    this.#step = mixed(b) | 1;
  }

  encode(): Buffer {
    const parts: Buffer[] = [Buffer.alloc(headerBytes)];
    for (const { words, mask, keys } of this.#layers) {
      const header = Buffer.alloc(layerHeaderBytes);
      header[0] = Math.log2(mask + 1);
      header.writeUInt32LE(keys, 1);
      parts.push(header, Buffer.from(words.buffer, words.byteOffset, words.byteLength));
    }
    const bytes = Buffer.concat(parts);
    bytes[4] = version;
    bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
    return bytes;
  }

  /** Undefined for what this release cannot read, and for what is damaged. */
  static decode(bytes: Buffer): KeyFilter | undefined {
    if (bytes.length < headerBytes + layerHeaderBytes || bytes[4] !== version) return undefined;
    if (bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return undefined;
    const layers: Layer[] = [];
    for (let at = headerBytes; at < bytes.length; ) {
      const layer = emptyLayer(bytes[at]!);
      layer.keys = bytes.readUInt32LE(at + 1);
      at += layerHeaderBytes;
      const { words } = layer;
      Buffer.from(words.buffer).set(bytes.subarray(at, at + words.byteLength));
      at += words.byteLength;
      layers.push(layer);
    }
    return new KeyFilter(layers);
  }
}

function mixed(hash: number): number {
  let mix = hash ^ (hash >>> 16);
  mix = Math.imul(mix, 0x85ebca6b);
  mix ^= mix >>> 13;
  mix = Math.imul(mix, 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}
