import { setTimeout as sleep } from 'node:timers/promises';
import { noHeaders } from '@millrace/log-client';
import { nullable, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { afterAll, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

const log = kafkaLog({ brokers });
afterAll(() => log.close());

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 60 s`);
    await sleep(50);
  }
}

async function send(name: string, partition: number, values: readonly string[]): Promise<void> {
  const producer = await log.producer();
  const records = values.map((value) => ({ key: null, value, timestamp: 0, headers: noHeaders }));
  await producer.send([{ topic: name, partition, records }]);
  await producer.close();
}

async function running(name: string, applicationId: string) {
  const seen: string[] = [];
  const builder = new StreamsBuilder();
  const input = topic(name, { key: nullable(string()), value: string() });
  builder.stream(input).foreach((value) => void seen.push(value));
  const app = new StreamsApp(builder.build(), { applicationId, log, topicRefreshMs: 500 });
  await app.start();
  return { app, seen };
}

test('an input topic that is deleted and created again is read from its start', async () => {
  const name = `recreated-${process.pid}`;
  await log.admin.createTopics([{ name, partitions: 1 }]);
  const { app, seen } = await running(name, name);
  await send(name, 0, ['a', 'b', 'c']);
  await eventually('the first topic is read', () => seen.length === 3);
  const before = (await log.admin.topics([name])).get(name)!.id;
  await log.admin.deleteTopics([name]);
  await eventually('it can be created again', async () => {
    await log.admin.createTopics([{ name, partitions: 1 }]).catch(() => {});
    const info = (await log.admin.topics([name])).get(name);
    return info !== undefined && info.id !== before;
  });
  await send(name, 0, ['d', 'e']);
  await eventually('the second topic is read', () => seen.includes('e'));
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  await app.close();
});

test('partitions that are added to an input topic are read', async () => {
  const name = `grown-${process.pid}`;
  await log.admin.createTopics([{ name, partitions: 1 }]);
  const { app, seen } = await running(name, name);
  await send(name, 0, ['a']);
  await eventually('the first partition is read', () => seen.length === 1);
  await log.admin.createPartitions([{ name, partitions: 3 }]);
  await eventually('the leaders are known', () =>
    send(name, 2, ['b']).then(
      () => true,
      () => false,
    ),
  );
  await eventually('the new partition is read', () => seen.includes('b'));
  expect(app.taskIds).toHaveLength(3);
  await app.close();
});
