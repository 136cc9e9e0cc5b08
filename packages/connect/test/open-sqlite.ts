import { onTestFinished } from 'vitest';
import type { SqliteDatabase } from '../src/index.ts';

interface Sqlite {
  readonly DatabaseSync: new (file: string) => SqliteDatabase & { close(): void };
}

// Node has it from 22.5 on.
const node = process.getBuiltinModule('node:sqlite') as unknown as Sqlite | undefined;
if (node === undefined)
  console.error('This Node has no SQLite: it is tested by 22 and 24 (test/packages.test.ts).');

/** A database in memory, until the test is over; undefined where this Node has none. */
export const openSqlite =
  node === undefined
    ? undefined
    : (): SqliteDatabase => {
        const database = new node.DatabaseSync(':memory:');
        onTestFinished(() => database.close());
        return database;
      };
