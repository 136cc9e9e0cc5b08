import { createTopics, integer, producer, records, string, topic } from '@millrace/streams-core';
import { noHeaders } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { manyTurns, withLog } from '../runtime/support.ts';

const numbers = topic('numbers', { key: string(), value: integer(), partitions: 2 });

async function withNumbers(body: (log: Parameters<Parameters<typeof withLog>[0]>[0]) => Promise<void>) {
  await withLog(async (log) => {
    await createTopics(log, [numbers]);
    await using out = await producer(log, numbers);
    for (let value = 0; value < 10; value++) {
      await out.send(null, value, { timestamp: 1000 * value });
    }
    await body(log);
  });
}

type Options = NonNullable<Parameters<typeof records>[2]>;

async function valuesOf(log: Parameters<typeof records>[0], options: Options = {}) {
  const found: (number | null)[] = [];
  for await (const { value } of records(log, numbers, options)) found.push(value);
  return found.toSorted((a, b) => a! - b!);
}

const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

// Even values are in partition 0, odd ones in partition 1, five in each.
test.each<[Options, readonly number[]]>([
  [{}, all],
  [{ from: 'earliest' }, all],
  [{ from: 'latest' }, []],
  [{ from: { offset: 3 } }, [6, 7, 8, 9]],
  [{ from: { offset: 99 } }, []],
  [{ from: { timestamp: 7000 } }, [7, 8, 9]],
  [{ from: { timestamp: new Date(8500) } }, [9]],
  [{ from: { timestamp: 99_000 } }, []],
  [{ partitions: [1] }, [1, 3, 5, 7, 9]],
  [{ partitions: [1], from: { offset: 4 } }, [9]],
  [{ partitions: [] }, []],
])('%j reads %j', async (options, expected) => {
  await withNumbers(async (log) => {
    expect(await valuesOf(log, options)).toEqual(expected);
  });
});

test('a limit ends it, and leaving the loop closes it', async () => {
  await withNumbers(async (log) => {
    expect(await valuesOf(log, { limit: 3 })).toHaveLength(3);
    expect(await valuesOf(log, { limit: 0 })).toEqual([]);
    const seen = [];
    for await (const record of records(log, numbers, { follow: true })) {
      seen.push(record);
      if (seen.length === 10) break;
    }
    expect(seen).toHaveLength(10);
  });
});

test('without follow it ends with what was there, though more is written meanwhile', async () => {
  await withNumbers(async (log) => {
    await using out = await producer(log, numbers);
    const found = [];
    for await (const { value } of records(log, numbers)) {
      found.push(value);
      if (found.length < 20) await out.send(null, 100);
    }
    expect(found.toSorted((a, b) => a! - b!)).toEqual(all);
  });
});

test('with follow it waits for what comes, until its signal ends it with the reason', async () => {
  await withNumbers(async (log) => {
    await using out = await producer(log, numbers);
    const controller = new AbortController();
    const found: (number | null)[] = [];
    const reading = (async () => {
      const options = { from: 'latest', follow: true, signal: controller.signal } as const;
      for await (const { value } of records(log, numbers, options)) {
        found.push(value);
        if (found.length === 2) controller.abort(new Error('seen enough'));
      }
    })();
    const seen = expect(reading).rejects.toThrow('seen enough');
    await manyTurns();
    await out.sendAll([
      { key: null, value: 21 },
      { key: null, value: 22 },
    ]);
    await seen;
    expect(found.toSorted((a, b) => a! - b!)).toEqual([21, 22]);
    const aborted = { signal: AbortSignal.abort(new Error('too late')) };
    await expect(valuesOf(log, aborted)).rejects.toThrow('too late');
    const waiting = new AbortController();
    const idle = valuesOf(log, { from: 'latest', follow: true, signal: waiting.signal });
    await manyTurns();
    waiting.abort(new Error('enough waiting'));
    await expect(idle).rejects.toThrow('enough waiting');
  });
});

test('a record that cannot be read is named, with the way past it', async () => {
  await withNumbers(async (log) => {
    const raw = await log.producer();
    const record = { key: null, value: 'not four bytes', timestamp: 0, headers: noHeaders };
    await raw.send([{ topic: 'numbers', partition: 1, records: [record] }]);
    await expect(valuesOf(log)).rejects.toMatchObject({
      code: 'RECORD_DESERIALIZATION',
      message: expect.stringMatching(
        /^records: the value serde cannot read the value of numbers-1 @ 5: .* \{ from: \{ offset: 6 \} \}$/,
      ),
    });
    expect(await valuesOf(log, { from: { offset: 6 } })).toEqual([]);
  });
});

test('a topic or a partition that is not there is refused', async () => {
  await withLog(async (log) => {
    await expect(valuesOf(log)).rejects.toMatchObject({ code: 'TOPOLOGY_TOPIC_MISSING' });
    await createTopics(log, [numbers]);
    await expect(valuesOf(log, { partitions: [7] })).rejects.toMatchObject({ code: 'LOG_UNKNOWN_TOPIC' });
  });
});
