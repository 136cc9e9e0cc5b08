import { describe, expect, test } from 'vitest';
import { sinkTo, sqlite, type SqliteDatabase } from '../src/index.ts';
import { openSqlite } from './open-sqlite.ts';
import { eventually, newLog, send, stock, type Stock } from './support.ts';

describe.skipIf(openSqlite === undefined)('rows in SQLite', () => {
  const open = (): SqliteDatabase => {
    const database = openSqlite!();
    database.exec(
      'create table stock (sku text primary key, on_hand integer, seen text, ok integer, what text)',
    );
    return database;
  };
  const mapping = {
    table: 'stock',
    key: (sku: string) => ({ sku }),
    columns: ({ onHand }: Stock, { timestamp }: { readonly timestamp: number }) => {
      return { on_hand: onHand, seen: new Date(timestamp), ok: onHand > 3, what: { onHand } };
    },
  };

  test('are what the topic says, whichever call is cut, before or after it', async () => {
    for (const how of ['before', 'after'] as const) {
      let hasCut = true;
      for (let n = 0; hasCut; n++) {
        const database = open();
        let calls = 0;
        hasCut = false;
        const cut = <T>(call: () => T): T => {
          const isCut = calls++ === n;
          hasCut ||= isCut;
          if (isCut && how === 'before') throw new Error('database is locked');
          const result = call();
          if (isCut) throw new Error('database is locked');
          return result;
        };
        const cutting: SqliteDatabase = {
          exec: (sql) => cut(() => database.exec(sql)),
          prepare: (sql) => {
            const statement = database.prepare(sql);
            return {
              run: (...values) => cut(() => statement.run(...values)),
              get: (...values) => cut(() => statement.get(...values)),
              all: (...values) => cut(() => statement.all(...values)),
            };
          },
        };
        const log = await newLog();
        await send(log, [
          ['mug', 5],
          ['cup', 3],
          ['mug', 4],
          ['cup', null],
        ]);
        const options = { group: 'g', maxRecords: 2, onProblem: () => {} };
        const sink = await sinkTo(
          log,
          stock,
          sqlite<string, Stock>({ database: cutting, ...mapping }),
          options,
        );
        const row = (): object => ({
          ...(database
            .prepare(
              'select count(*) as count, max(on_hand) as n, max(seen) as seen, max(ok) as ok, max(what) as what from stock',
            )
            .get() as object),
        });
        const wanted = { count: 1, n: 4, seen: '1970-01-01T00:00:01.000Z', ok: 1, what: '{"onHand":4}' };
        await eventually(() => expect([how, n, row()]).toEqual([how, n, wanted]));
        await sink.close();
        expect(row()).toEqual(wanted);
      }
    }
  }, 60_000);
});
