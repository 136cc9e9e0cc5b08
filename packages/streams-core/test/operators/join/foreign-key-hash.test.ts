import { string } from '@millrace/log-client';
import { describe, expect, it } from 'vitest';
import { murmur3, murmur3Bytes } from '../../../src/operators/join/foreign-key-join/murmur3.ts';
import { hashVersion, valueHash } from '../../../src/operators/join/foreign-key-join/value-hash.ts';
import {
  Answer,
  isAbout,
  responseSerde,
  type Subscription,
  type SubscriptionResponse,
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
    expect(valueHash(1, string(), 'row')).toEqual(old);
    expect(valueHash(2, string(), 'row')).not.toEqual(old);
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

const fieldsOf = ({ version, hash, primaryPartition, value }: SubscriptionResponse<string>) => ({
  version,
  hash,
  primaryPartition,
  value,
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
      expect(fieldsOf(serde.deserialize(serde.serialize(response)))).toEqual(response);
      const deleted = { version, hash: undefined, primaryPartition: 0, value: null };
      expect(fieldsOf(serde.deserialize(serde.serialize(deleted)))).toEqual(deleted);
    }
  });

  it('answer a subscription with its own head, whether it was written or not', () => {
    const serde = responseSerde(string());
    for (const hash of [subscription.hash, undefined]) {
      const asked = { ...subscription, hash };
      const written = subscriptionSerde.deserialize(subscriptionSerde.serialize(asked));
      for (const value of ['right', 'Zürich', '', null]) {
        const expected = { version: 1, hash, primaryPartition: 7, value };
        for (const one of [asked, written]) {
          expect(fieldsOf(new Answer(one, value))).toEqual(expected);
          const bytes = serde.serialize(new Answer(one, value));
          expect(bytes).toEqual(serde.serialize(expected as SubscriptionResponse<string>));
          expect(fieldsOf(serde.deserialize(bytes))).toEqual(expected);
        }
      }
    }
  });

  it('are about the row with the same hash, and about no other', () => {
    const serde = responseSerde(string());
    const other = Buffer.from('0123456789abcdeF');
    for (const hash of [subscription.hash, undefined]) {
      const response = { version: 1, hash, primaryPartition: 7, value: 'right' } as const;
      for (const one of [response, serde.deserialize(serde.serialize(response))])
        expect([subscription.hash, undefined, other].map((known) => isAbout(one, known))).toEqual([
          hash !== undefined,
          hash === undefined,
          false,
        ]);
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
