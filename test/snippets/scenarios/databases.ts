import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Connector } from '@millrace/connect';
import { json, string, topic } from '@millrace/streams-core';
import { Hono } from 'hono';
import { expect } from 'vitest';
import type { Block } from '../blocks.ts';
import { play, type PlayOptions } from '../play.ts';
import { eventually, newLog, newPostgres, type Scenario, send, setEnv, valuesOf } from '../scenario.ts';
import { demand, type Order, orders } from './shop.ts';

const order: Order = { customer: 'ada', units: 3 };

/** What comes of a relay's block: its orders in the topic. */
async function relayed(block: Block, { globals, files }: PlayOptions): Promise<void> {
  const log = await newLog(orders);
  const { made, done } = play(block, { globals: { log, orders, ...globals }, files });
  const relay = await made<Connector>('relay');
  expect(await valuesOf(log, orders, 1)).toEqual([order]);
  await relay.close();
  await done;
}

export const databases: readonly Scenario[] = [
  {
    page: 'docs/databases.md',
    has: 'postgres({',
    needs: 'postgres',
    run: async (block) => {
      const pool = await newPostgres();
      await pool.query('create table demand (sku text primary key, units bigint, at timestamptz)');
      setEnv({ DATABASE_URL: pool.options.connectionString! });
      const log = await newLog(demand);
      const { made, done } = play(block, { globals: { log } });
      const sink = await made<Connector>('sink');
      await send(log, { topic: demand, key: 'mug', value: { units: 3 }, timestamp: 0 });
      const rows = async () => (await pool.query('select * from demand')).rows as unknown[];
      await eventually(async () =>
        expect(await rows()).toEqual([{ sku: 'mug', units: '3', at: new Date(0) }]),
      );
      await sink.close();
      await done;
      await (await made<typeof pool>('pool')).end();
    },
  },
  {
    page: 'packages/connect/README.md',
    has: 'postgres({',
    needs: 'postgres',
    run: async (block) => {
      const pool = await newPostgres();
      await pool.query('create table stock (sku text primary key, on_hand bigint)');
      const stock = topic('stock', { key: string(), value: json<{ readonly onHand: number }>() });
      const log = await newLog(stock);
      const sink = await play(block, { globals: { log, pool, stock } }).made<Connector>('sink');
      await send(log, { topic: stock, key: 'mug', value: { onHand: 3 } });
      const rows = async () => (await pool.query('select * from stock')).rows as unknown[];
      await eventually(async () => expect(await rows()).toEqual([{ sku: 'mug', on_hand: '3' }]));
      await sink.close();
    },
  },
  {
    page: 'docs/databases.md',
    has: 'postgresOutbox({',
    needs: 'postgres',
    run: async (block) => {
      const pool = await newPostgres();
      await pool.query('create table outbox (id bigserial primary key, customer text, body jsonb)');
      await pool.query('insert into outbox (customer, body) values ($1, $2)', ['ada', JSON.stringify(order)]);
      await relayed(block, { globals: { pool } });
      expect((await pool.query('select * from outbox')).rows).toEqual([]);
    },
  },
  {
    page: 'docs/databases.md',
    has: 'csvLines<',
    run: async (block) => {
      const log = await newLog(demand);
      const sink = await play(block, { globals: { log, demand } }).made<Connector>('sink');
      await send(log, { topic: demand, key: 'mug', value: { units: 3 } });
      const written = (): string[] =>
        readdirSync('out', { recursive: true, withFileTypes: true })
          .filter((entry) => entry.name.endsWith('.csv'))
          .map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), 'utf8'));
      await eventually(() => expect(written()).toEqual(['sku,units\nmug,3\n']));
      await sink.close();
    },
  },
  {
    page: 'docs/databases.md',
    has: 'orders.jsonl',
    run: (block) => relayed(block, { files: { 'orders.jsonl': `${JSON.stringify(order)}\n` } }),
  },
  {
    page: 'docs/databases.md',
    has: 'orders.csv',
    run: (block) => relayed(block, { files: { 'orders.csv': 'customer,units\nada,3\n' } }),
  },
  {
    page: 'docs/databases.md',
    has: 'webhook(',
    run: async (block) => {
      const log = await newLog(orders);
      const hono = new Hono();
      const isSigned = (body: string, signature: string | null): boolean =>
        signature === `signed ${body.length}`;
      await play(block, { globals: { log, orders, hono, isSigned } }).done;
      const body = JSON.stringify(order);
      const post = (signature: string): Promise<Response> | Response =>
        hono.request('/orders', { method: 'POST', body, headers: { 'x-signature': signature } });
      expect((await post('none')).status).toBe(401);
      expect((await post(`signed ${body.length}`)).status).toBe(202);
      expect(await valuesOf(log, orders, 1)).toEqual([order]);
    },
  },
];
