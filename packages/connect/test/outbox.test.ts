import type { EmbeddedLog } from '@millrace/embedded-log';
import { LogError } from '@millrace/log-client';
import { records } from '@millrace/streams-core';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Connector, postgresOutbox, relayOutbox, type SqlRow, sqliteOutbox } from '../src/index.ts';
import { cutAt } from './cut-pool.ts';
import { openPostgres, postgresBin } from './postgres-server.ts';
import { openSqlite } from './open-sqlite.ts';
import { eventually, newLog, stock } from './support.ts';

const rows = {
  table: 'outbox',
  record: ({ sku, on_hand }: SqlRow) => ({ key: String(sku), value: { onHand: Number(on_hand) } }),
};

/** What is in the topic, sorted. */
async function inTopic(log: EmbeddedLog): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, value } of records(log, stock, { from: 'earliest', follow: false }))
    found.push(`${key}=${value?.onHand}`);
  return found.toSorted();
}

function closeLater(relay: Connector): Connector {
  onTestFinished(() => relay.close().catch(() => {}));
  return relay;
}

const wanted = Array.from({ length: 8 }, (_, n) => `sku-${n}=${n}`);

describe.skipIf(postgresBin === undefined)('an outbox in PostgreSQL', { timeout: 60_000 }, () => {
  let pool: pg.Pool;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ pool, close } = await openPostgres());
  }, 60_000);
  afterAll(() => close?.());
  beforeEach(async () => {
    await pool.query('drop table if exists outbox');
    await pool.query('create table outbox (id bigserial primary key, sku text, on_hand bigint)');
  });
  const insert = async (): Promise<void> => {
    for (let n = 0; n < 8; n++)
      await pool.query('insert into outbox (sku, on_hand) values ($1, $2)', [`sku-${n}`, n]);
  };
  const isEmpty = async (): Promise<boolean> =>
    (await pool.query<{ id: string }>('select id from outbox')).rows.length === 0;
  const quick = { name: 'shop', pollMs: 5, onProblem: () => {} };

  test('goes to the topic once each, whichever statement the connection is cut at', async () => {
    for (const how of ['before', 'after'] as const) {
      // Three transactions of the log, with six statements each; then the relay waits.
      for (let n = 0; n < 20; n++) {
        const log = await newLog();
        await insert();
        const cut = cutAt(pool, n, how);
        const relay = await relayOutbox(log, stock, postgresOutbox({ pool: cut.pool, ...rows }), {
          ...quick,
          maxRows: 3,
        });
        await eventually(async () => expect(await isEmpty()).toBe(true));
        await relay.close();
        expect([how, n, await inTopic(log)]).toEqual([how, n, wanted]);
        expect(cut.hasCut()).toBe(true);
      }
    }
  });

  test('is written once where the log has committed and its answer was lost', async () => {
    const log = await newLog();
    await insert();
    const makeProducer = log.producer.bind(log);
    let lost = 0;
    vi.spyOn(log, 'producer').mockImplementation(async (options) => {
      const producer = await makeProducer(options);
      const commit = producer.commit.bind(producer);
      vi.spyOn(producer, 'commit').mockImplementation(async (transaction) => {
        const placed = await commit(transaction);
        if (lost++ < 2) throw new LogError('LOG_TIMEOUT', 'no answer');
        return placed;
      });
      return producer;
    });
    closeLater(await relayOutbox(log, stock, postgresOutbox({ pool, ...rows }), { ...quick, maxRows: 3 }));
    await eventually(async () => expect(await isEmpty()).toBe(true));
    expect(lost).toBeGreaterThan(2);
    expect(await inTopic(log)).toEqual(wanted);
  });

  test('has rows that become visible late, after later ones', async () => {
    const log = await newLog();
    const late = await pool.connect();
    await late.query('begin');
    await late.query(`insert into outbox (sku, on_hand) values ('late', 1)`);
    await pool.query(`insert into outbox (sku, on_hand) values ('early', 2)`);
    closeLater(await relayOutbox(log, stock, postgresOutbox({ pool, ...rows }), quick));
    await eventually(async () => expect(await inTopic(log)).toEqual(['early=2']));
    await late.query('commit');
    late.release();
    await eventually(async () => expect(await inTopic(log)).toEqual(['early=2', 'late=1']));
  });

  test('is taken by the relay that was started last: the one before is fenced', async () => {
    const log = await newLog();
    const first = closeLater(await relayOutbox(log, stock, postgresOutbox({ pool, ...rows }), quick));
    const second = closeLater(await relayOutbox(log, stock, postgresOutbox({ pool, ...rows }), quick));
    const ended = expect(first.done).rejects.toMatchObject({ code: 'LOG_FENCED' });
    for (let n = 0; n < 8; n++) {
      await pool.query('insert into outbox (sku, on_hand) values ($1, $2)', [`sku-${n}`, n]);
      await eventually(async () => expect(await isEmpty()).toBe(true));
    }
    await second.close();
    // It finds out with the next row that it reads.
    await pool.query(`insert into outbox (sku, on_hand) values ('late', 1)`);
    await ended;
    expect(await inTopic(log)).toEqual(wanted);
    expect(await isEmpty()).toBe(false);
  });

  test('that is not there ends the relay, with the table and the cause', async () => {
    const log = await newLog();
    const relay = await relayOutbox(log, stock, postgresOutbox({ pool, ...rows, table: 'nowhere' }), quick);
    await expect(relay.done).rejects.toThrow(
      'table nowhere in PostgreSQL cannot be read: relation "nowhere" does not exist',
    );
  });
});

describe.skipIf(openSqlite === undefined)('an outbox in SQLite', () => {
  test('goes to the topic, some rows at a time', async () => {
    const database = openSqlite!();
    database.exec('create table outbox (id integer primary key, sku text, on_hand integer)');
    for (let n = 0; n < 8; n++) database.exec(`insert into outbox (sku, on_hand) values ('sku-${n}', ${n})`);
    const log = await newLog();
    const relay = await relayOutbox(log, stock, sqliteOutbox({ database, ...rows }), {
      name: 'shop',
      maxRows: 3,
      pollMs: 5,
    });
    await eventually(() => expect(relay.written).toBe(8));
    await relay.close();
    expect(await inTopic(log)).toEqual(wanted);
    expect(database.prepare('select count(*) as n from outbox').get()).toMatchObject({ n: 0 });
  });
});
