import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { noHeaders, partitionForKey } from '@millrace/log-client';
import { number, StreamsApp, StreamsBuilder, string, topic, type Topology } from '@millrace/streams-core';
import { compareFork, forkApp, promoteFork } from '@millrace/streams-core/runtime';
import { afterAll, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

const log = kafkaLog({ brokers });
afterAll(() => log.close());

const id = `fork-${process.pid}`;
const words = topic(`${id}-words`, { key: string(), value: string() });
const counts = topic(`${id}-counts`, { key: string(), value: number() });

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 60 s`);
    await sleep(50);
  }
}

function counting(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(words)
    .groupBy((word) => word, { key: string(), name: 'by-word' })
    .count({ as: 'counted' })
    .toStream()
    .to(counts);
  return builder.build();
}

async function readCounts(): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const partitions = [0, 1].map((partition) => ({ topic: counts.name, partition }));
  const ranges = await log.admin.offsets(partitions, { awaitTransactions: true });
  for (const [index, partition] of partitions.entries()) {
    const reader = await log.reader([{ ...partition, offset: 0 }]);
    for (let offset = 0; offset < ranges[index]!.end; ) {
      for (const { records, nextOffset } of await reader.poll({ maxWaitMs: 100, maxRecords: 1000 })) {
        for (const { key, value } of records) {
          const word = counts.key.deserialize(key!);
          found.set(word, [...(found.get(word) ?? []), counts.value.deserialize(value!)]);
        }
        offset = nextOffset;
      }
    }
    await reader.close();
  }
  return found;
}

test('a fork takes over from an application that works, without a double or a gap', async () => {
  await log.admin.createTopics([words, counts].map(({ name }) => ({ name, partitions: 2 })));
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-fork-'));
  const start = async (applicationId: string, folder: string): Promise<StreamsApp> => {
    const app = new StreamsApp(counting(), { applicationId, log, stateDir: path.join(dir, folder) });
    await app.start();
    return app;
  };
  const vocabulary = ['river', 'mill', 'wheel', 'stone'];
  const producer = await log.producer();
  let written = 0;
  let stopped = false;
  const write = async (): Promise<void> => {
    while (!stopped) {
      const word = vocabulary[written % vocabulary.length]!;
      const key = Buffer.from(`k${written % 5}`);
      const records = [{ key, value: word, timestamp: written, headers: noHeaders }];
      await producer.send([{ topic: words.name, partition: partitionForKey(key, 2), records }]);
      written++;
      await sleep(10);
    }
  };
  const old = await start(id, 'old');
  const writing = write();
  await eventually('it counts', async () => [...(await readCounts()).values()].flat().length > 50);
  const next = `${id}-next`;
  expect((await forkApp({ log, from: id, to: next })).topics).toBe(2);
  const shadow = await start(next, 'next');
  await eventually('the shadow has run', async () =>
    (await compareFork(log, next)).topics.some(({ records }) => records.shadow > 20),
  );
  await old.drain();
  await eventually('it has caught up', async () => (await compareFork(log, next)).behind.length === 0);
  await shadow.close();
  const { topics } = await compareFork(log, next);
  expect(topics).toMatchObject([{ topic: counts.name, different: 0, same: vocabulary.length }]);
  expect(topics[0]!.records.shadow).toBe(topics[0]!.records.running);
  await promoteFork(log, next);
  const promoted = await start(next, 'next');
  stopped = true;
  await writing;
  await producer.close();
  const last = (place: number): number => Math.ceil((written - place) / vocabulary.length);
  await eventually('all is counted', async () => {
    const found = await readCounts();
    return vocabulary.every((word, place) => found.get(word)?.at(-1) === last(place));
  });
  await promoted.close();
  const found = await readCounts();
  for (const [place, word] of vocabulary.entries())
    expect(found.get(word)).toEqual(Array.from({ length: last(place) }, (_, index) => index + 1));
  await rm(dir, { recursive: true, force: true });
}, 180_000);
