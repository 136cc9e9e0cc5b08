import fc from 'fast-check';
import { expect, test } from 'vitest';
import { documents, postings, searchIndexTopology } from '../src/search-index/search-index.ts';
import { running } from './running.ts';

test('in the end each word has the documents that have it, whatever changed before', async () => {
  const id = fc.constantFrom('d1', 'd2', 'd3');
  const text = fc.option(
    fc.array(fc.constantFrom('streams', 'Tables', 'logs', '7')).map((words) => words.join(' ')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(id, text)), async (changes) => {
      const { pipe, read, settled } = running(searchIndexTopology());
      const last = new Map<string, string>();
      for (const [key, value] of changes) {
        pipe(documents, key, value === null ? null : { text: value });
        if (value === null) last.delete(key);
        else last.set(key, value);
      }
      await settled();
      const found = new Map(read(postings));
      for (const word of ['streams', 'tables', 'logs']) {
        const expected = [...last].filter(([, one]) => one.toLowerCase().includes(word)).map(([key]) => key);
        expect(found.get(word) ?? []).toEqual(expected.toSorted());
      }
    }),
    { numRuns: 50 },
  );
});
