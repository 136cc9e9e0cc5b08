import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryFileSystem } from '../src/index.ts';

test('a file in memory reads like an array of bytes, whatever is written where and cut off', async () => {
  const write = fc.record({
    position: fc.nat({ max: 60 }),
    pieces: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }),
  });
  const cut = fc.record({ size: fc.nat({ max: 80 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(write, cut), { maxLength: 25 }), async (changes) => {
      const file = await new MemoryFileSystem().open('f', 'create');
      let model = Buffer.alloc(0);
      for (const change of changes) {
        if ('size' in change) {
          await file.truncate(change.size);
          model = Buffer.concat([model, Buffer.alloc(80)]).subarray(0, change.size);
          continue;
        }
        const bytes = Buffer.concat(change.pieces);
        await file.write(change.position, change.pieces);
        if (bytes.length === 0) continue;
        const grown = Buffer.alloc(Math.max(model.length, change.position + bytes.length));
        model.copy(grown);
        bytes.copy(grown, change.position);
        model = grown;
      }
      expect(await file.size()).toBe(model.length);
      for (let from = 0; from <= model.length; from += 7) {
        expect(await file.read(from, 13)).toEqual(model.subarray(from, from + 13));
      }
    }),
  );
});
