import { type LogClient, LogError, type LogProducer } from '@millrace/log-client';
import { createTopics, integer, producer, records, string, topic } from '@millrace/streams-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manyTurns, withLog } from '../runtime/support.ts';

const sales = topic('sales', {
  key: string(),
  value: integer(),
  timestamp: (value) => value * 1000,
  partitions: 3,
});

/** All that is in the topic, each partition's records in their order. */
async function written(log: LogClient): Promise<{ key: string | null; value: number | null; at: number }[]> {
  const found = [];
  for await (const { key, value, timestamp } of records(log, sales))
    found.push({ key, value, at: timestamp });
  return found;
}

test('a record is acknowledged with its place, and has the time that the topic says', async () => {
  await withLog(async (log) => {
    await createTopics(log, [sales]);
    await using out = await producer(log, sales);
    const first = await out.send('mug', 7);
    const second = await out.send('mug', 8, {
      timestamp: 5,
      headers: [{ key: 'h', value: Buffer.from('x') }],
    });
    const deleted = await out.send('mug', null);
    expect(first).toEqual({ topic: 'sales', partition: first.partition, offset: 0 });
    expect([second, deleted].map(({ partition, offset }) => [partition, offset])).toEqual([
      [first.partition, 1],
      [first.partition, 2],
    ]);
    const found = [];
    for await (const record of records(log, sales)) found.push(record);
    expect(found.map(({ key, value, headers }) => [key, value, headers.length])).toEqual([
      ['mug', 7, 0],
      ['mug', 8, 1],
      ['mug', null, 0],
    ]);
    expect(found.slice(0, 2).map(({ timestamp }) => timestamp)).toEqual([7000, 5]);
    expect(Math.abs(Date.now() - found[2]!.timestamp)).toBeLessThan(60_000);
  });
});

test('records without a key take turns, whatever the number of partitions', async () => {
  await withLog(async (log) => {
    await createTopics(log, [sales]);
    await using out = await producer(log, sales);
    const places = await Promise.all([1, 2, 3, 4, 5, 6].map((value) => out.send(null, value)));
    expect(places.map(({ partition }) => partition)).toEqual([0, 1, 2, 0, 1, 2]);
  });
});

test('records of one key keep the order in which they were sent, however they are sent', async () => {
  const input = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 1000 })), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(input, fc.integer({ min: 1, max: 9 }), async (pairs, maxPending) => {
      await withLog(async (log) => {
        await createTopics(log, [sales]);
        await using out = await producer(log, sales, { maxPending });
        expect(await out.sendAll(pairs.map(([key, value]) => ({ key, value })))).toBe(pairs.length);
        const found = await written(log);
        for (const one of ['a', 'b', 'c']) {
          expect(found.filter(({ key }) => key === one).map(({ value }) => value)).toEqual(
            pairs.filter(([key]) => key === one).map(([, value]) => value),
          );
        }
      });
    }),
    { numRuns: 25 },
  );
});

/** A log whose writes wait until they are let through; `refuse` names values that it does not take. */
function slow(log: LogClient, refuse: readonly string[] = []) {
  const held: (() => void)[] = [];
  const sizes: number[] = [];
  const wrapped: LogClient = {
    capabilities: log.capabilities,
    admin: log.admin,
    reader: (positions) => log.reader(positions),
    join: (options) => log.join(options),
    close: () => log.close(),
    producer: async (options) => {
      const inner = await log.producer(options);
      const made: LogProducer = {
        commit: (one) => inner.commit(one),
        close: () => inner.close(),
        send: async (all) => {
          sizes.push(all.reduce((sum, one) => sum + one.records.length, 0));
          await new Promise<void>((resolve) => void held.push(resolve));
          for (const [entry, one] of all.entries()) {
            const index = [...one.records].findIndex(({ key }) =>
              refuse.includes(Buffer.from(key as Uint8Array).toString()),
            );
            if (index >= 0)
              throw new LogError('LOG_TOO_LARGE', 'it is too large', { rejected: { entry, index } });
          }
          return inner.send(all);
        },
      };
      return made;
    },
  };
  const letThrough = async (): Promise<void> => {
    await manyTurns();
    held.shift()!();
    await manyTurns();
  };
  return { log: wrapped, held, sizes, letThrough };
}

test('what is sent while a write is under way goes together with the next one', async () => {
  await withLog(async (inner) => {
    await createTopics(inner, [sales]);
    const { log, sizes, letThrough } = slow(inner);
    const out = await producer(log, sales);
    const sent = [out.send('a', 1), out.send('b', 2)];
    await manyTurns();
    sent.push(out.send('a', 3), out.send('b', 4), out.send('c', 5));
    await letThrough();
    await letThrough();
    await Promise.all(sent);
    expect(sizes).toEqual([2, 3]);
    await out.close();
  });
});

test('more than may wait is refused by send, and waited for by sendAll', async () => {
  await withLog(async (inner) => {
    await createTopics(inner, [sales]);
    const { log, sizes, letThrough, held } = slow(inner);
    const out = await producer(log, sales, { maxPending: 2 });
    const sent = [out.send('a', 1), out.send('a', 2)];
    await expect(out.send('a', 3)).rejects.toMatchObject({
      code: 'SOURCE_OVERFLOW',
      message: expect.stringMatching(/^producer\("sales"\): 2 records wait to be acknowledged: .*sendAll/),
    });
    await letThrough();
    await Promise.all(sent);
    let taken = 0;
    const all = out.sendAll(
      (function* () {
        for (; taken < 5; ) yield { key: 'a', value: taken++ };
      })(),
    );
    await manyTurns();
    expect(taken).toBeLessThanOrEqual(3);
    let isDone = false;
    void all.then(() => (isDone = true));
    while (!isDone) {
      if (held.length > 0) await letThrough();
      else await manyTurns();
    }
    expect(await all).toBe(5);
    expect(Math.max(...sizes)).toBe(2);
    await out.close();
  });
});

test('a record that the log refuses fails alone', async () => {
  await withLog(async (inner) => {
    await createTopics(inner, [sales]);
    const { log, letThrough } = slow(inner, ['large']);
    const out = await producer(log, sales);
    const sent = Promise.allSettled([out.send('a', 1), out.send('large', 2), out.send('b', 3)]);
    await letThrough();
    await letThrough();
    expect((await sent).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(new Set((await written(inner)).map(({ value }) => value))).toEqual(new Set([1, 3]));
    await out.close();
  });
});

test('what the serde refuses is said by topic and side, and writes nothing', async () => {
  await withLog(async (log) => {
    await createTopics(log, [sales]);
    await using out = await producer(log, sales);
    await expect(out.send('a', 0.5)).rejects.toMatchObject({
      code: 'RECORD_PRODUCTION',
      message: expect.stringMatching(/^The value serde of topic "sales" refuses a value: /),
    });
    await expect(
      out.sendAll([
        { key: 'a', value: 1 },
        { key: 'a', value: 0.5 },
      ]),
    ).rejects.toThrow(/refuses a value/);
    await expect(out.send('a', 1, { timestamp: Number.NaN })).rejects.toMatchObject({
      code: 'LOG_INVALID_RECORD',
    });
    expect((await written(log)).map(({ value }) => value)).toEqual([1]);
  });
});

test('a source of records that fails ends sendAll with its error', async () => {
  await withLog(async (log) => {
    await createTopics(log, [sales]);
    await using out = await producer(log, sales);
    async function* failing() {
      yield { key: 'a', value: 1 };
      throw new Error('the file ends early');
    }
    await expect(out.sendAll(failing())).rejects.toThrow('the file ends early');
    expect(await out.sendAll([{ key: 'a', value: 2 }])).toBe(1);
  });
});

test('closing waits for what was sent; then nothing more is taken', async () => {
  await withLog(async (inner) => {
    await createTopics(inner, [sales]);
    const { log, letThrough } = slow(inner);
    const out = await producer(log, sales);
    const sent = out.send('a', 1);
    let isClosed = false;
    const closed = out.close().then(() => (isClosed = true));
    await manyTurns();
    expect(isClosed).toBe(false);
    await letThrough();
    await Promise.all([sent, closed]);
    await expect(out.send('a', 2)).rejects.toMatchObject({
      code: 'LOG_CLOSED',
      message: 'producer("sales") was closed: make another one',
    });
  });
});

test('a topic that does not exist is refused with the remedy', async () => {
  await withLog(async (log) => {
    await expect(producer(log, sales)).rejects.toMatchObject({
      code: 'TOPOLOGY_TOPIC_MISSING',
      message:
        'producer: the topic "sales" does not exist: create it first, e.g. with createTopics(log, [topic])',
    });
  });
});
