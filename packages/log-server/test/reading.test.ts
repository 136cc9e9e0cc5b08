import { kafkaLog } from '@millrace/kafka';
import { type LogClient, type LogProducer, type LogReader, noHeaders } from '@millrace/log-client';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { closeLater, served } from './served.ts';

// Longer than any test: whatever would wait behind a fetch that waits, never comes.
const fetchMaxWaitMs = 600_000;
const deadlineMs = 20_000;
/** Some 600 records, or the next whole batch. */
const fetchPartitionBytes = 64 << 10;

interface Reading {
  readonly log: LogClient;
  readonly producer: LogProducer;
  readonly reader: LogReader;
}

async function reading(topics: readonly string[], records: Record<string, number>): Promise<Reading> {
  const { log, server } = await served();
  await log.admin.createTopics(topics.map((name) => ({ name, partitions: 1 })));
  const producer = closeLater(await log.producer());
  for (const [topic, count] of Object.entries(records)) await write(producer, topic, 0, count);
  const client = closeLater(kafkaLog({ brokers: [server.address], fetchMaxWaitMs, fetchPartitionBytes }));
  const reader = closeLater(await client.reader(topics.map((topic) => ({ topic, partition: 0, offset: 0 }))));
  return { log, producer, reader };
}

async function write(producer: LogProducer, topic: string, from: number, to: number): Promise<void> {
  const records = Array.from({ length: to - from }, (_, index) => ({
    key: null,
    value: String(from + index).padStart(100, '.'),
    timestamp: 0,
    headers: noHeaders,
  }));
  await producer.send([{ topic, partition: 0, records }]);
}

/** Reads, ten records a millisecond at most, until so many have come; what came of each topic. */
async function drain(reader: LogReader, count: number): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  const deadline = performance.now() + deadlineMs;
  for (let left = count; left > 0; ) {
    const leftMs = deadline - performance.now();
    expect(leftMs, `${count - left} of ${count} records came`).toBeGreaterThan(0);
    for (const { topic, records } of await reader.poll({ maxWaitMs: leftMs, maxRecords: 10 })) {
      left -= records.length;
      (found[topic] ??= []).push(...records.map(({ value }) => Number(String(value).replaceAll('.', ''))));
    }
    await sleep(1);
  }
  return found;
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe('reading a partition beside others', () => {
  test('a long one does not wait for a quiet one, nor for one that is read to its end', async () => {
    const { reader } = await reading(['long', 'quiet', 'short'], { long: 2000, short: 5 });
    expect(await drain(reader, 2005)).toEqual({ long: numbers(0, 2000), short: numbers(0, 5) });
  });

  test('records that come one by one do not wait for another partition', async () => {
    const { producer, reader } = await reading(['busy', 'quiet'], {});
    for (let index = 0; index < 5; index++) {
      const next = drain(reader, 1);
      await write(producer, 'busy', index, index + 1);
      expect(await next).toEqual({ busy: [index] });
    }
  });

  test('one that was quiet is read before what was fetched of the other is handed out', async () => {
    const { producer, reader } = await reading(['long', 'quiet'], { long: 5000 });
    let read = 0;
    let came = false;
    while (!came) {
      for (const { topic, records } of await reader.poll({ maxWaitMs: deadlineMs, maxRecords: 1 })) {
        if (topic === 'long') read += records.length;
        else came = true;
      }
      if (read === 1) await write(producer, 'quiet', 0, 1);
      // With half of them the next fetch of it begins, which brings what is quiet along.
      expect(read).toBeLessThan(250);
      await sleep(1);
    }
  });

  test('what was fetched is handed out before the end of what can be read is an error', async () => {
    const { log, reader } = await reading(['short-lived'], { 'short-lived': 2000 });
    const batches = await reader.poll({ maxWaitMs: deadlineMs, maxRecords: 10 });
    await log.admin.deleteRecords([{ topic: 'short-lived', partition: 0, offset: 2000 }]);
    let read = batches[0]!.nextOffset;
    const refused = async (): Promise<void> => {
      for (;;) {
        const [batch] = await reader.poll({ maxWaitMs: deadlineMs, maxRecords: 10 });
        read = batch?.nextOffset ?? read;
        await sleep(1);
      }
    };
    const error = (await refused().catch((reason: unknown) => reason)) as Error;
    expect(read).toBeGreaterThan(batches[0]!.nextOffset);
    expect(error.message).toContain(`short-lived-0 holds nothing at offset ${read}`);
  });
});
