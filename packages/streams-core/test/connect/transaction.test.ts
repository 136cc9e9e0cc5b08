import { createTopics, integer, producer, records, string, topic, transaction } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { withLog } from '../runtime/support.ts';

const accounts = topic('accounts', { key: string(), value: integer(), partitions: 2 });
const audit = topic('audit', { key: string(), value: string(), partitions: 1 });

async function contents(log: Parameters<typeof records>[0]): Promise<(string | number | null)[]> {
  const found: (string | number | null)[] = [];
  for await (const { value } of records(log, accounts)) found.push(value);
  for await (const { value } of records(log, audit)) found.push(value);
  return found;
}

test('records of several topics are written as one, and each gets its place', async () => {
  await withLog(async (log) => {
    await createTopics(log, [accounts, audit]);
    const places = await transaction(log, (write) => {
      write(accounts, { key: 'ann', value: -10 });
      write(audit, { key: 'ann', value: 'ann pays bob' });
      write(accounts, { key: 'ann', value: 10 });
    });
    expect(places.map(({ topic: name, offset }) => [name, offset])).toEqual([
      ['accounts', 0],
      ['audit', 0],
      ['accounts', 1],
    ]);
    expect(await contents(log)).toEqual([-10, 10, 'ann pays bob']);
    expect(await transaction(log, () => {})).toEqual([]);
  });
});

test('nothing is written where the function throws, a serde refuses, or a topic is not there', async () => {
  await withLog(async (log) => {
    await createTopics(log, [accounts, audit]);
    const missing = topic('missing', { key: string(), value: integer() });
    const attempts = [
      transaction(log, async (write) => {
        write(accounts, { key: 'ann', value: -10 });
        await Promise.resolve();
        throw new Error('no such account');
      }),
      transaction(log, (write) => {
        write(accounts, { key: 'ann', value: -10 });
        write(accounts, { key: 'ann', value: 0.5 });
      }),
      transaction(log, (write) => {
        write(accounts, { key: 'ann', value: -10 });
        write(missing, { key: 'ann', value: 1 });
      }),
    ];
    const [thrown, refused, absent] = await Promise.allSettled(attempts);
    expect(thrown).toMatchObject({ reason: { message: 'no such account' } });
    expect(refused).toMatchObject({ reason: { code: 'RECORD_PRODUCTION' } });
    expect(absent).toMatchObject({ reason: { code: 'TOPOLOGY_TOPIC_MISSING' } });
    expect(await contents(log)).toEqual([]);
  });
});

test('topics are created as they say, and those that exist are left as they are', async () => {
  await withLog(async (log) => {
    const compacted = topic('compacted', {
      key: string(),
      value: integer(),
      configs: { 'cleanup.policy': 'compact' },
    });
    expect(await createTopics(log, [accounts, compacted], { partitions: 5 })).toEqual([
      'accounts',
      'compacted',
    ]);
    const found = await log.admin.topics();
    expect([...found.values()].map(({ name, partitions, configs }) => [name, partitions, configs])).toEqual([
      ['accounts', 2, {}],
      ['compacted', 5, { 'cleanup.policy': 'compact' }],
    ]);
    expect(await createTopics(log, [accounts, compacted, audit, audit])).toEqual(['audit']);
    expect((await log.admin.topics()).size).toBe(3);
    const other = topic('accounts', { key: string(), value: integer(), partitions: 9 });
    await expect(createTopics(log, [other])).rejects.toMatchObject({ code: 'LOG_TOPIC_EXISTS' });
    await using out = await producer(log, compacted);
    expect((await out.send('k', 1)).topic).toBe('compacted');
  });
});
