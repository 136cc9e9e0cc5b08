import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLatin1, readText, textBytes, textLength, writeLatin1, writeText } from '../src/text.ts';

// Short texts are read and written without Node's encoder, which is the second opinion here.
const short = fc.string({
  maxLength: 40,
  unit: fc.oneof(fc.constantFrom('a', '~', '\0', '\x7f'), fc.string()),
});
const texts = fc.oneof(short, fc.string({ maxLength: 40, unit: 'binary' }), fc.string({ maxLength: 40 }));

test('a text is written as Node writes it, and touches nothing beside it', () => {
  fc.assert(
    fc.property(texts, fc.nat(5), (text, start) => {
      const expected = Buffer.from(text, 'utf8');
      const target = Buffer.alloc(start + expected.length + 3, 0xa5);
      expect(writeText(text, target, start)).toBe(start + expected.length);
      expect(target.subarray(start, start + expected.length)).toEqual(expected);
      expect(target.subarray(start + expected.length)).toEqual(Buffer.alloc(3, 0xa5));
      expect(textBytes(text)).toEqual(expected);
      expect(textLength(text)).toBe(expected.length);
    }),
    { numRuns: 2000 },
  );
});

test('bytes are read as Node reads them, whether they are UTF-8 or not', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ maxLength: 40, max: 0x7f }),
    texts.map((text) => new Uint8Array(Buffer.from(text, 'utf8'))),
  );
  fc.assert(
    fc.property(bytes, fc.nat(5), (content, start) => {
      const source = Buffer.concat([Buffer.alloc(start, 0x41), content, Buffer.from('AA')]);
      const end = start + content.length;
      expect(readText(source, start, end)).toBe(source.toString('utf8', start, end));
      const latin1 = readLatin1(source, start, end);
      expect(latin1).toBe(source.toString('latin1', start, end));
      const target = Buffer.alloc(content.length + 2, 0xa5);
      expect(writeLatin1(latin1, target, 1)).toBe(1 + content.length);
      expect(target).toEqual(Buffer.concat([Buffer.from([0xa5]), content, Buffer.from([0xa5])]));
    }),
    { numRuns: 2000 },
  );
});

test('every length is read whole', () => {
  const source = Buffer.from('abcdefghijklmnopqrstuvwxyz');
  for (let length = 0; length <= 26; length++)
    expect(readText(source, 0, length)).toBe('abcdefghijklmnopqrstuvwxyz'.slice(0, length));
});
