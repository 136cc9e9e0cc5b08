import { string } from '@millrace/log-client';
import { describe, expect, it } from 'vitest';
import { murmur3 } from '../../../src/operators/join/foreign-key-join/murmur3.ts';
import { hashVersion, sameHash, valueHash } from '../../../src/operators/join/foreign-key-join/value-hash.ts';
import {
  responseSerde,
  type Subscription,
  subscriptionSerde,
} from '../../../src/serde/subscription-serde.ts';

describe('the hash of a left row', () => {
  it('is MurmurHash3 for 32-bit arithmetic: SMHasher\u2019s verification value', () => {
    const keys = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
    const hashes = Array.from({ length: 256 }, (_, n) => murmur3(keys.subarray(0, n), 256 - n));
    expect(murmur3(Buffer.concat(hashes)).readUInt32LE(0)).toBe(0xb3ece62a);
  });

  it('is that of the version that asked', () => {
    const old = valueHash(1, string(), 'row');
    // SHA-1 of "row", its first 16 bytes.
    expect(Buffer.from(old!).toString('hex')).toBe('e8cdc05b346aa0d4a91a2bf6d7c6a094');
    expect(sameHash(old, valueHash(1, string(), 'row'))).toBe(true);
    expect(sameHash(old, valueHash(2, string(), 'row'))).toBe(false);
    expect(valueHash(hashVersion, string(), null)).toBeUndefined();
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
      expect(subscriptionSerde.deserialize(bytes)).toEqual({ ...subscription, version });
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
