import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyFilter } from '../src/level/key-filter.ts';

const keys = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 200 });

function numbered(n: number): Buffer {
  return Buffer.from(`key-${n}`);
}

describe('KeyFilter', () => {
  it('never denies a key that was added, also after it was encoded and decoded', () => {
    fc.assert(
      fc.property(keys, (added) => {
        const filter = new KeyFilter();
        for (const key of added) filter.add(key);
        const read = KeyFilter.decode(filter.encode())!;
        for (const key of added) {
          expect(filter.mayHave(key)).toBe(true);
          expect(read.mayHave(key)).toBe(true);
        }
        expect(read.keys).toBe(filter.keys);
      }),
    );
  });

  it('denies all but a few of the keys that were not added, however far it has grown', () => {
    for (const count of [1_000, 10_922, 100_000, 300_000]) {
      const filter = new KeyFilter();
      for (let n = 0; n < count; n++) filter.add(numbered(n));
      let mistaken = 0;
      for (let n = count; n < count + 20_000; n++) if (filter.mayHave(numbered(n))) mistaken++;
      expect(mistaken / 20_000).toBeLessThan(0.03);
      for (let n = 0; n < count; n += 7) expect(filter.mayHave(numbered(n))).toBe(true);
    }
  });

  it('does not grow when the same keys are added again', () => {
    const filter = new KeyFilter();
    for (let round = 0; round < 5; round++) for (let n = 0; n < 5_000; n++) filter.add(numbered(n));
    expect(filter.keys).toBeLessThanOrEqual(5_000);
    expect(filter.encode().length).toBeLessThan(25_000);
  });

  it('takes nothing for a filter that is damaged in any byte, or cut off', () => {
    const filter = new KeyFilter();
    for (let n = 0; n < 100; n++) filter.add(numbered(n));
    const whole = filter.encode();
    for (let at = 0; at < whole.length; at += at < 64 ? 1 : 997) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0x10;
      expect(KeyFilter.decode(damaged), `byte ${at}`).toBeUndefined();
    }
    for (const length of [0, 4, 9, whole.length - 1])
      expect(KeyFilter.decode(whole.subarray(0, length))).toBeUndefined();
  });
});
