import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmbeddedLog } from '@millrace/embedded-log';
import { json, records, string, topic } from '@millrace/streams-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { csvLines, type CsvRelayOptions, type CsvRow, relayCsv } from '../src/index.ts';
import { eventually, newLog } from './support.ts';

let dir = '';
let file = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-csv-'));
  file = path.join(dir, 'stock.csv');
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
});

const rows = topic('stock', { key: string(), value: json<CsvRow>() });

async function relay(log: EmbeddedLog, options: Partial<CsvRelayOptions<string, CsvRow>> = {}) {
  const record = (row: CsvRow) => ({ key: Object.values(row)[0] ?? '', value: row });
  const quick = { name: 'csv', file, record, pollMs: 5, maxLines: 2, onProblem: () => {} };
  const started = await relayCsv(log, rows, { ...quick, ...options });
  onTestFinished(() => started.close().catch(() => {}));
  return started;
}

async function inTopic(log: EmbeddedLog): Promise<(CsvRow | null)[]> {
  const found: (CsvRow | null)[] = [];
  for await (const { value } of records(log, rows, { from: 'earliest' })) found.push(value);
  return found;
}

describe('a CSV file', () => {
  test('goes to the topic row by row, under the names of its header', async () => {
    const log = await newLog(1);
    await writeFile(file, '\uFEFFsku,note\r\nmug,"a ""big"" one, blue"\r\n\r\ncup,"two\nlines"\r\npot,');
    await (await relay(log)).done;
    expect(await inTopic(log)).toEqual([
      { sku: 'mug', note: 'a "big" one, blue' },
      { sku: 'cup', note: 'two\nlines' },
      { sku: 'pot', note: '' },
    ]);
  });

  test('knows its header where it begins again in the middle, and follows what is appended', async () => {
    const log = await newLog(1);
    await writeFile(file, '\nsku;n\nmug;1\ncup;2\npot;3\n');
    await (await relay(log, { delimiter: ';' })).done;
    await appendFile(file, 'jar;4\n"can');
    await relay(log, { delimiter: ';', follow: true });
    await eventually(async () => expect((await inTopic(log)).at(-1)).toEqual({ sku: 'jar', n: '4' }));
    await appendFile(file, '\nof tin";5\n');
    await eventually(async () => expect((await inTopic(log)).at(-1)).toEqual({ sku: 'can\nof tin', n: '5' }));
    expect(await inTopic(log)).toHaveLength(5);
  });

  test('without a header has the columns that are given', async () => {
    const log = await newLog(1);
    await writeFile(file, 'mug,1\n');
    await (await relay(log, { columns: ['sku', 'n'], header: false })).done;
    expect(await inTopic(log)).toEqual([{ sku: 'mug', n: '1' }]);
    await expect(relay(log, { header: false })).rejects.toThrow(/without a header needs "columns"/);
  });

  test('has the columns that are asked for, wherever they are, or ends the relay at its header', async () => {
    const log = await newLog(1);
    await writeFile(file, 'n,note,sku\n1,x,mug\n');
    const columns = ['sku', 'n'] as const;
    // Columns that are named are typed.
    const record = ({ sku, n }: CsvRow<(typeof columns)[number]>) => ({ key: sku, value: { n } });
    await (await relayCsv(log, rows, { name: 'csv', file, columns, record })).done;
    expect(await inTopic(log)).toEqual([{ n: '1' }]);
    await writeFile(file, 'sku;n\nmug;1\n');
    await expect((await relay(log, { columns })).done).rejects.toThrow(
      /^Line 1 of .*: The header has no "sku", "n"; it has sku;n\. Name the delimiter/,
    );
    // Left out as unreadable it is asked for of the next line: nothing is read under wrong names.
    const lines: number[] = [];
    await (await relay(log, { columns, onUnreadable: ({ line }) => lines.push(line) })).done;
    expect([lines, await inTopic(log)]).toEqual([[1, 2], [{ n: '1' }]]);
  });

  test.each([
    [
      'too few fields',
      'mug',
      /^Line 2 of .*stock\.csv makes no record: It has 1 fields, of 2 columns: sku, n/,
    ],
    ['too many', 'mug,1,2', /It has 3 fields/],
    ['a quote that is not closed', '"mug,1', /^Line 2 of .*[Qq]uote/],
  ])('with a row of %s ends the relay at it, or leaves it out', async (_, row, error) => {
    const log = await newLog(1);
    await writeFile(file, `sku,n\n${row}\n`);
    await expect((await relay(log)).done).rejects.toThrow(error);
    const lines: number[] = [];
    await (await relay(log, { onUnreadable: ({ line }) => lines.push(line) })).done;
    expect([await inTopic(log), lines]).toEqual([[], [2]]);
  });

  test('has quotes inside fields that do not begin with one, and loses no row for it', async () => {
    const log = await newLog(1);
    const pipes = ['6" pipe,1', '7" pipe,2', 'a "b,3', '"c"" ""d",4', '"e" ,5', 'f\rg,6'];
    await writeFile(file, `sku,n\n${pipes.join('\n')}\n`);
    await (await relay(log)).done;
    expect((await inTopic(log)).map((row) => Object.values(row!))).toEqual([
      ['6" pipe', '1'],
      ['7" pipe', '2'],
      ['a "b', '3'],
      ['c" "d', '4'],
      ['e', '5'],
      ['f\rg', '6'],
    ]);
  });

  test('with a quote that ends in the middle of a field has that row left out, and no other', async () => {
    const log = await newLog(1);
    await writeFile(file, 'sku,n\nmug,1\n"cup"s,2\npot,3\n"a\nb"c,4\n"jar\nor can",5\n');
    const left: number[] = [];
    await (await relay(log, { onUnreadable: ({ line }) => left.push(line) })).done;
    expect(left).toEqual([3, 5]);
    expect((await inTopic(log)).map((row) => row!['sku'])).toEqual(['mug', 'pot', 'jar\nor can']);
  });

  test.each(['', '"', '\n', ',\r'])(
    'with the delimiter %j is refused, read or written',
    async (delimiter) => {
      const refusal = /"delimiter" is ".*": use a text without quotes and ends of lines, such as ";"/;
      await expect(relay(await newLog(1), { delimiter })).rejects.toThrow(refusal);
      expect(() => csvLines({ columns: ['a'], row: () => ({ a: 1 }), delimiter })).toThrow(refusal);
    },
  );

  /** Fields as other programs write them: quoted where they need it, or always, or only some. */
  test('of any writer comes back row by row, whatever is between its fields', async () => {
    const raw = (field: string) => ({ written: field, field });
    const quoted = (field: string) => ({ written: `"${field.replaceAll('"', '""')}"`, field });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(',', ';', '\t', '||', '€', 'aab').chain((delimiter) => {
          const text = fc.string({
            maxLength: 6,
            unit: fc.constantFrom('x', 'a', 'b', '"', ' ', '\n', delimiter),
          });
          const isPlain = (field: string) =>
            !field.startsWith('"') &&
            !/\n/.test(field) &&
            !`${field}${delimiter}`.slice(0, -1).includes(delimiter);
          const field = fc.oneof(text.map(quoted), text.filter(isPlain).map(raw));
          return fc.record({
            delimiter: fc.constant(delimiter),
            end: fc.constantFrom('\n', '\r\n'),
            rows: fc.array(fc.tuple(field, field), { maxLength: 12 }),
            mark: fc.constantFrom('', '\uFEFF'),
          });
        }),
        async ({ delimiter, end, rows: fields, mark }) => {
          const log = await newLog(1);
          const written = fields.map((row) => row.map((one) => one.written).join(delimiter));
          await writeFile(file, mark + ['"one\ntwo"' + delimiter + 'n', ...written, ''].join(end));
          await (await relay(log, { delimiter })).done;
          const expected = fields.map((row) => row.map((one) => one.field));
          expect((await inTopic(log)).map((row) => Object.values(row!))).toEqual(expected);
          await log.close();
        },
      ),
      { numRuns: 150 },
    );
  });

  test('says the line of the file, however many lines the rows before take', async () => {
    const log = await newLog(1);
    await writeFile(file, 'sku,n\n"a\nb\nc",1\nmug\n');
    await expect((await relay(log)).done).rejects.toThrow(/^Line 5 of /);
  });

  test('that csvLines has written comes back, whatever is in its fields', async () => {
    const field = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', ' ', 'ü') }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ a: field, b: field }), { maxLength: 20 }), async (values) => {
        const log = await newLog(1);
        const format = csvLines<string, CsvRow, 'a' | 'b'>({ columns: ['a', 'b'], row: (value) => value! });
        const written = values.map((value, offset) =>
          format.line({ topic: 't', partition: 0, offset, timestamp: 0, key: '', value, headers: [] }),
        );
        await writeFile(file, [format.header, ...written, ''].join('\n'));
        await (await relay(log)).done;
        expect(await inTopic(log)).toEqual(values);
        await log.close();
      }),
      { numRuns: 50 },
    );
  });
});
