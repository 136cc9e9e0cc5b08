import { json, string, topic } from '@millrace/streams-core';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { postgres, type Connector, sinkTo } from '../src/index.ts';
import { cutAt } from './cut-pool.ts';
import { openPostgres, postgresBin } from './postgres-server.ts';
import { eventually, newLog, send, stock, type Stock } from './support.ts';

if (postgresBin === undefined)
  console.error(
    'No PostgreSQL server is installed (apt-get install postgresql): sinks are not tested on one.',
  );

describe.skipIf(postgresBin === undefined)('rows in PostgreSQL', { timeout: 60_000 }, () => {
  let pool: pg.Pool;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    ({ pool, close } = await openPostgres());
  }, 60_000);
  afterAll(() => close?.());
  beforeEach(async () => {
    await pool.query('drop table if exists stock, events, millrace_offsets');
    await pool.query('create table stock (sku text primary key, on_hand bigint not null)');
  });

  const rows = {
    table: 'stock',
    key: (sku: string) => ({ sku }),
    columns: ({ onHand }: Stock) => ({ on_hand: onHand }),
  };
  const table = async (): Promise<Record<string, number>> => {
    const { rows: found } = await pool.query<{ sku: string; on_hand: string }>('select * from stock');
    return Object.fromEntries(found.map(({ sku, on_hand }) => [sku, Number(on_hand)]));
  };
  const closeLater = (sink: Connector): Connector => {
    onTestFinished(() => sink.close().catch(() => {}));
    return sink;
  };

  test('are what the topic says: set, set again, deleted; and go on after a restart', async () => {
    const log = await newLog();
    await send(log, [
      ['mug', 5],
      ['cup', 3],
      ['mug', 4],
      [`o'"; drop table stock; --`, 1],
    ]);
    const destination = postgres<string, Stock>({ pool, ...rows });
    const sink = closeLater(await sinkTo(log, stock, destination, { group: 'shop' }));
    const hostile = `o'"; drop table stock; --`;
    await eventually(async () => expect(await table()).toEqual({ mug: 4, cup: 3, [hostile]: 1 }));
    await sink.close();
    // The offsets beside the rows count: what is done to rows by hand stays.
    await pool.query(`update stock set on_hand = 100 where sku = 'cup'`);
    await send(log, [['mug', null]]);
    closeLater(await sinkTo(log, stock, destination, { group: 'shop' }));
    await eventually(async () => expect(await table()).toEqual({ cup: 100, [hostile]: 1 }));
  });

  test('are there once each, whichever statement the connection is cut at', async () => {
    for (const how of ['before', 'after'] as const) {
      let hasCut = true;
      for (let n = 0; hasCut; n++) {
        await pool.query('drop table if exists events, millrace_offsets');
        await pool.query('create table events (sku text, on_hand bigint)');
        const log = await newLog();
        await send(
          log,
          Array.from({ length: 8 }, (_, index) => [`sku-${index}`, index] as const),
        );
        const cut = cutAt(pool, n, how);
        const { columns } = rows;
        // A table without keys: a record that is written twice is seen.
        const destination = postgres<string, Stock>({
          pool: cut.pool,
          table: 'events',
          columns: (value, { key }) => ({ sku: key, ...columns(value) }),
        });
        const sink = await sinkTo(log, stock, destination, {
          group: 'g',
          maxRecords: 5,
          onProblem: () => {},
        });
        const events = async () =>
          (await pool.query<{ sku: string }>('select sku from events')).rows.map(({ sku }) => sku);
        await eventually(async () => expect((await events()).length).toBeGreaterThanOrEqual(8));
        await sink.close();
        expect([how, n, (await events()).toSorted()]).toEqual([
          how,
          n,
          Array.from({ length: 8 }, (_, index) => `sku-${index}`),
        ]);
        ({ hasCut } = { hasCut: cut.hasCut() });
      }
    }
  });

  test('are written by the one that has the partition: another one is fenced, and keeps nothing', async () => {
    const destination = postgres<string, Stock>({ pool, ...rows });
    await destination.open();
    const partition = { group: 'g', topic: 'stock', topicId: 'id', partition: 0 };
    const old = { ...partition, ...(await destination.claim(partition)) };
    const write = (claim: typeof old, onHand: number) =>
      destination.write({
        records: [
          {
            topic: 'stock',
            partition: 0,
            offset: 0,
            timestamp: 0,
            key: 'mug',
            value: { onHand },
            headers: [],
          },
        ],
        offsets: [{ claim, offset: 1 }],
      });
    await write(old, 1);
    const present = { ...partition, ...(await destination.claim(partition)) };
    expect([old.offset, present.offset]).toEqual([undefined, 1]);
    await write(present, 2);
    await expect(write(old, 3)).rejects.toMatchObject({ name: 'SinkFencedError' });
    expect(await table()).toEqual({ mug: 2 });
    // A topic of the same name that was created again has none of those offsets.
    expect(await destination.claim({ ...partition, topicId: 'another' })).toEqual({
      epoch: 3,
      offset: undefined,
    });
  });

  test('are not written with a mistake, which is named; a server that is away is tried again', async () => {
    const log = await newLog();
    await send(log, [['mug', 5]]);
    const wrong = postgres<string, Stock>({ pool, ...rows, columns: ({ onHand }) => ({ amount: onHand }) });
    const sink = await sinkTo(log, stock, wrong, { group: 'g' });
    await expect(sink.done).rejects.toMatchObject({
      retriable: false,
      message: expect.stringMatching(
        /^table stock in PostgreSQL cannot be written: column "amount" .* does not exist/,
      ),
    });
    const throwing = postgres<string, Stock>({
      pool,
      ...rows,
      columns: () => {
        throw new Error('of the mapping');
      },
    });
    await expect((await sinkTo(log, stock, throwing, { group: 'g' })).done).rejects.toThrow('of the mapping');
    const nobody = new pg.Pool({ host: '127.0.0.1', port: 1 });
    onTestFinished(() => nobody.end());
    const problems: string[] = [];
    const onProblem = ({ error }: { readonly error: Error }): void => void problems.push(error.message);
    closeLater(
      await sinkTo(log, stock, postgres<string, Stock>({ pool: nobody, ...rows }), { group: 'g', onProblem }),
    );
    await eventually(() =>
      expect(problems[0]).toMatch(/^table stock in PostgreSQL cannot be written: .*ECONNREFUSED/),
    );
  });

  test('may be of windows, dates and objects, many at once', async () => {
    await pool.query('create table events (id text primary key, at timestamptz, what jsonb)');
    const log = await newLog();
    await send(
      log,
      Array.from({ length: 2500 }, (_, n) => [`key-${n % 2000}`, n] as const),
    );
    const destination = postgres({
      pool,
      table: 'public.events',
      key: (id: string) => ({ id }),
      columns: (value: Stock, { timestamp }) => ({ at: new Date(timestamp), what: value }),
    });
    closeLater(
      await sinkTo(log, topic('stock', { key: string(), value: json<Stock>() }), destination, { group: 'g' }),
    );
    await eventually(async () => {
      const { rows: found } = await pool.query<{ count: string; sum: string }>(
        `select count(*), sum((what->>'onHand')::int) from events where at = to_timestamp(1)`,
      );
      // Of the first 500 keys the second record counts.
      const sum = Array.from({ length: 2000 }, (_, n) => (n < 500 ? n + 2000 : n)).reduce((a, b) => a + b, 0);
      expect(found[0]).toEqual({ count: '2000', sum: String(sum) });
    });
  });
});
