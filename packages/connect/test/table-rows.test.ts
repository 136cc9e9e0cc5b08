import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TopicRecord } from '@millrace/streams-core';
import { changesOf, quoted, statementsOf } from '../src/database/table-rows.ts';

function records(rows: readonly (readonly [string, number | null])[]): TopicRecord<string, number>[] {
  return rows.map(([key, value], offset) => {
    return { topic: 't', partition: 0, offset, timestamp: 5, key, value, headers: [] };
  });
}

const mapping = {
  table: 'shop.stock',
  key: (sku: string) => ({ sku }),
  columns: (n: number) => (n < 0 ? null : { n }),
};

test('of each key the last record counts', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.integer({ min: -2, max: 5 })))),
      (rows) => {
        const last = new Map<string, number | undefined>();
        for (const [key, value] of rows) last.set(key, value === null || value < 0 ? undefined : value);
        const changes = changesOf(records(rows), mapping).map(({ key, row }) => [key['sku'], row?.['n']]);
        expect(new Map(changes as never)).toEqual(last);
      },
    ),
  );
});

test('changes become as few statements as can be, whose names stay names', () => {
  const dialect = { parameter: (n: number) => `$${n}`, maxParameters: 4 };
  const changes = changesOf(
    records([
      ['a', 1],
      ['b', null],
      ['c', 3],
      ['d', 4],
    ]),
    mapping,
  );
  expect(statementsOf(changes, mapping as never, dialect)).toEqual([
    {
      text: 'insert into "shop"."stock" ("sku", "n") values ($1, $2), ($3, $4) on conflict ("sku") do update set "n" = excluded."n"',
      values: ['a', 1, 'c', 3],
    },
    {
      text: 'insert into "shop"."stock" ("sku", "n") values ($1, $2) on conflict ("sku") do update set "n" = excluded."n"',
      values: ['d', 4],
    },
    { text: 'delete from "shop"."stock" where ("sku" = $1)', values: ['b'] },
  ]);
  const append = { table: 'events', columns: (n: number) => ({ n }) };
  const appended = changesOf(
    records([
      ['a', 1],
      ['a', 1],
      ['a', null],
    ]),
    append,
  );
  expect(statementsOf(appended, append as never, dialect)).toEqual([
    { text: 'insert into "events" ("n") values ($1), ($2)', values: [1, 1] },
  ]);
  const keysOnly = { ...mapping, columns: () => ({}) };
  expect(
    statementsOf(changesOf(records([['a', 1]]), keysOnly), keysOnly as never, dialect)[0]!.text,
  ).toContain('on conflict ("sku") do nothing');
  expect(quoted('a"; drop table b; --.c')).toBe('"a""; drop table b; --"."c"');
});
