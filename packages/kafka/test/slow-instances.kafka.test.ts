import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { noHeaders } from '@millrace/log-client';
import { afterAll, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

const log = kafkaLog({ brokers });
afterAll(() => log.close());

const script = fileURLToPath(new URL('./slow-instance.mjs', import.meta.url));
const partitions = 8;
const perPartition = 2;

test('two instances that block for two seconds a record share the work and do none of it twice', async () => {
  const [input, output] = [`slow-${process.pid}`, `slow-${process.pid}-out`];
  await log.admin.createTopics([
    { name: input, partitions },
    { name: output, partitions: 1 },
  ]);
  const producer = await log.producer();
  const places = Array.from({ length: partitions }, (_, partition) => partition);
  await producer.send(
    places.map((partition) => ({
      topic: input,
      partition,
      records: Array.from({ length: perPartition }, (_, n) => ({
        key: 'k',
        value: `${partition} ${n}`,
        timestamp: n,
        headers: noHeaders,
      })),
    })),
  );
  await producer.close();
  const calls: string[] = [];
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [script, brokers.join(','), input, output], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => calls.push(...text.trim().split('\n')));
    return child;
  };
  const instances = [start(), start()];
  const wanted = partitions * perPartition;
  try {
    await expect
      .poll(
        async () =>
          (await log.admin.offsets([{ topic: output, partition: 0 }], { awaitTransactions: true }))[0]!.end,
        // Alone it would take 32 seconds, and markers of transactions count as offsets.
        { timeout: 60_000, interval: 200 },
      )
      .toBeGreaterThanOrEqual(wanted);
    await expect
      .poll(
        async () => {
          const committed = await log.admin.committed(
            input,
            places.map((partition) => ({ topic: input, partition })),
          );
          return committed.map((one) => one?.offset);
        },
        { timeout: 60_000, interval: 200 },
      )
      .toEqual(places.map(() => perPartition));
  } finally {
    for (const child of instances) {
      if (child.exitCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  const all = places.flatMap((partition) => [`${partition} 0`, `${partition} 1`]);
  expect(calls.toSorted()).toEqual(all.toSorted());
}, 150_000);
