import fc from 'fast-check';
import { expect, test } from 'vitest';
import { murmur2, partitionForKey } from '../src/index.ts';

// Expected hashes: org.apache.kafka.common.utils.UtilsTest#testMurmur2 (Apache Kafka 4.0).
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what Java gives', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('a partition is the hash without its sign, modulo the count', () => {
  expect(partitionForKey(Buffer.from('21'), 7)).toBe((-973932308 & 0x7fffffff) % 7);
  expect(partitionForKey(Buffer.alloc(0), 1)).toBe(0);
});

test('a text goes where its UTF-8 bytes go, however long it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.integer({ min: 1, max: 50 }),
      (text, partitions) => {
        expect(partitionForKey(text, partitions)).toBe(partitionForKey(Buffer.from(text), partitions));
      },
    ),
  );
});
