import { createTopics, integer, producer, records, string, topic, transaction } from '@millrace/streams-core';
import { afterAll, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

const log = kafkaLog({ brokers });
afterAll(() => log.close());

const numbers = topic(`numbers-${process.pid}`, {
  key: string(),
  value: integer(),
  timestamp: (value) => 1_700_000_000_000 + value,
  partitions: 3,
  // A marker has the broker's time, years after these records: it rolls the segment, whose records are then
  // old enough to be deleted, or compacted.
  configs: { 'retention.ms': '-1' },
});

test('topics are created, written and read with their types, also as one transaction', async () => {
  expect(await createTopics(log, [numbers])).toEqual([numbers.name]);
  expect(await createTopics(log, [numbers])).toEqual([]);
  const { configs, partitions } = (await log.admin.topics([numbers.name])).get(numbers.name)!;
  expect([partitions, configs['retention.ms']]).toEqual([3, '-1']);
  await using out = await producer(log, numbers);
  const many = Array.from({ length: 5000 }, (_, value) => ({ key: `k${value % 7}`, value }));
  expect(await out.sendAll(many)).toBe(5000);
  const places = await transaction(log, (write) => {
    write(numbers, { key: 'k1', value: 5000 });
    write(numbers, { key: 'k1', value: 5001 });
  });
  expect(places[1]!.offset).toBe(places[0]!.offset + 1);
  const found = new Map<string, number[]>();
  for await (const { key, value, timestamp } of records(log, numbers)) {
    expect(timestamp).toBe(1_700_000_000_000 + value!);
    found.set(key!, [...(found.get(key!) ?? []), value!]);
  }
  for (const [key, values] of found) {
    const sent = [...many, { key: 'k1', value: 5000 }, { key: 'k1', value: 5001 }];
    expect(values).toEqual(sent.filter((one) => one.key === key).map(({ value }) => value));
  }
  expect(found.size).toBe(7);
  const late = [];
  const from = { timestamp: 1_700_000_005_000 };
  for await (const { value } of records(log, numbers, { from })) late.push(value);
  expect(late).toEqual([5000, 5001]);
}, 60_000);
