import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { classPathOf, defaultVersion, missingTools } from '@millrace/kafka-broker';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type CapturedChange, debezium, debeziumKey } from '../src/index.ts';
import { openPostgres, postgresBin } from './postgres-server.ts';

// What Debezium itself writes of a PostgreSQL database, by its engine.

const folder = fileURLToPath(new URL('debezium/', import.meta.url));
const missing = missingTools() ?? (postgresBin === undefined ? 'PostgreSQL' : undefined);
/** It speaks to no broker: of the rounds over Kafka's versions one is enough. */
const isItsRound = (process.env['KAFKA_VERSION'] ?? defaultVersion) === defaultVersion;
if (missing !== undefined) console.log(`Debezium's own changes are not read: no ${missing} here.`);

const Customer = z.object({ id: z.number(), email: z.string().nullable() });
type Customer = z.infer<typeof Customer>;
const [key, value] = [debeziumKey(z.object({ id: z.number() })), debezium(Customer)];

interface Found {
  readonly key: { readonly id: number } | null;
  readonly change: CapturedChange<Customer> | null;
}

describe.runIf(missing === undefined && isItsRound)(
  'changes of a PostgreSQL database',
  { timeout: 120_000 },
  () => {
    let database: Awaited<ReturnType<typeof openPostgres>>;
    let jars = '';
    beforeAll(async () => {
      [database, jars] = await Promise.all([
        openPostgres(),
        classPathOf(path.join(folder, 'pom.xml'), 'debezium'),
      ]);
    }, 300_000);
    afterAll(() => database?.close());

    /** Debezium at work. */
    async function startDebezium(schemas: boolean): Promise<Interface> {
      const [{ port }] = (
        await database.pool.query("select setting as port from pg_settings where name = 'port'")
      ).rows as [{ port: string }];
      const child: ChildProcess = spawn(
        'java',
        ['-cp', jars, path.join(folder, 'Changes.java'), port, String(schemas)],
        { stdio: ['pipe', 'pipe', 'ignore'] },
      );
      onTestFinished(async () => {
        const ended = once(child, 'exit');
        child.stdin!.end();
        await ended;
      });
      return createInterface({ input: child.stdout! });
    }

    test.each([false, true])('are read as they are, with a schema beside each: %s', async (schemas) => {
      const { pool } = database;
      await pool.query('drop table if exists customers');
      await pool.query('create table customers (id int primary key, email text)');
      await pool.query('alter table customers replica identity full');
      await pool.query("insert into customers values (1, 'there')");
      const lines = await startDebezium(schemas);
      const found: Found[] = [];
      for await (const line of lines) {
        const [keyText, valueText] = line.split('\t');
        // The engine says other things too, in its log.
        if (valueText === undefined) continue;
        expect(valueText === 'null' || valueText.includes('"payload"') === schemas).toBe(true);
        found.push({
          key: keyText === 'null' ? null : key.deserialize(Buffer.from(keyText!)),
          change: valueText === 'null' ? null : value.deserialize(Buffer.from(valueText)),
        });
        if (found.length === 1) {
          // The snapshot is there: what follows is read from the database's log.
          await pool.query("insert into customers values (2, 'new')");
          await pool.query('update customers set email = null where id = 2');
          await pool.query('delete from customers where id = 2');
          await pool.query('truncate customers');
        }
        if (found.length === 6) break;
      }
      expect(found.map(({ key: of, change }) => [of?.id, change?.op, change?.before, change?.after])).toEqual(
        [
          [1, 'read', null, { id: 1, email: 'there' }],
          [2, 'create', null, { id: 2, email: 'new' }],
          [2, 'update', { id: 2, email: 'new' }, { id: 2, email: null }],
          [2, 'delete', { id: 2, email: null }, null],
          [2, undefined, undefined, undefined],
          [undefined, 'truncate', null, null],
        ],
      );
      const created = found[1]!.change!;
      expect(created.source).toMatchObject({ connector: 'postgresql', db: 'postgres', table: 'customers' });
      expect(Math.abs(created.timestamp! - Date.now())).toBeLessThan(60_000);
      // What is written of a change is read as the same.
      for (const { change } of found)
        if (change !== null) expect(value.deserialize(value.serialize(change))).toEqual(change);
    });
  },
);
