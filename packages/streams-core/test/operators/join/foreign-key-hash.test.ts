import { string } from '@millrace/log-client';
import { describe, expect, it } from 'vitest';
import { murmur3, murmur3Bytes } from '../../../src/operators/join/foreign-key-join/murmur3.ts';
import { hashVersion, sameHash, valueHash } from '../../../src/operators/join/foreign-key-join/value-hash.ts';
import {
  responseSerde,
  type Subscription,
  subscriptionSerde,
} from '../../../src/serde/subscription-serde.ts';

describe('the hash of a left row', () => {
  it('is MurmurHash3 for 32-bit arithmetic: SMHasher\u2019s verification value', () => {
    const hash = (bytes: Uint8Array, seed: number) =>
      murmur3(new DataView(bytes.buffer, bytes.byteOffset), bytes.length, Buffer.alloc(murmur3Bytes), seed);
    const keys = Uint8Array.from({ length: 256 }, (_, n) => n);
    const hashes = Array.from({ length: 256 }, (_, n) => hash(keys.subarray(0, n), 256 - n));
    expect(hash(Buffer.concat(hashes), 0).readUInt32LE(0)).toBe(0xb3ece62a);
  });

  it('is that of the version that asked', () => {
    const old = valueHash(1, string(), 'row');
    // SHA-1 of "row", its first 16 bytes.
    expect(Buffer.from(old!).toString('hex')).toBe('e8cdc05b346aa0d4a91a2bf6d7c6a094');
    expect(sameHash(old, valueHash(1, string(), 'row'))).toBe(true);
    expect(sameHash(old, valueHash(2, string(), 'row'))).toBe(false);
    expect(valueHash(hashVersion, string(), null)).toBeUndefined();
  });

  it('is the same of a text, of its bytes, and of one that is long', () => {
    for (const row of ['row', 'Zürich', 'é'.repeat(20_000)]) {
      const hash = valueHash(2, string(), row);
      const serialize = (text: string) => string().serialize(text);
      expect(valueHash(2, { serialize }, row)).toEqual(hash);
      const into = Buffer.alloc(murmur3Bytes);
      expect(valueHash(2, string(), row, into)).toBe(into);
      expect(into).toEqual(hash);
    }
  });
});

describe('messages of a foreign-key join', () => {
  const subscription: Subscription = {
    version: 1,
    instruction: 'delete-and-answer',
    primaryKey: Buffer.from('left'),
    primaryPartition: 7,
    hash: Buffer.from('0123456789abcdef'),
  };

  it('of both versions are read, and written as they were', () => {
    for (const version of [1, 2] as const) {
      const bytes = subscriptionSerde.serialize({ ...subscription, version });
      expect(bytes[0]).toBe(version);
      const read = subscriptionSerde.deserialize(bytes);
      const { instruction, primaryKey, primaryPartition, hash } = read;
      expect({ version: read.version, instruction, primaryKey, primaryPartition, hash }).toEqual({
        ...subscription,
        version,
      });
      expect(subscriptionSerde.serialize(read)).toEqual(bytes);
      const response = { version, hash: subscription.hash, primaryPartition: 7, value: 'right' };
      const serde = responseSerde(string());
      expect(serde.deserialize(serde.serialize(response))).toEqual(response);
      const deleted = { version, hash: undefined, primaryPartition: 0, value: null };
      expect(serde.deserialize(serde.serialize(deleted))).toEqual(deleted);
    }
  });

  it('of a version to come are refused, with what to do', () => {
    const bytes = Buffer.from(subscriptionSerde.serialize(subscription));
    bytes[0] = 3;
    expect(() => subscriptionSerde.deserialize(bytes)).toThrow(
      'holds a record of version 3, and this release reads versions 1 and 2: upgrade this instance',
    );
  });
});
