import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noHeaders } from '@millrace/log-client';
import { StreamsApp, StreamsBuilder, string, TimeWindows, topic } from '@millrace/streams-core';
import { afterAll, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

const log = kafkaLog({ brokers });
const stateDir = mkdtempSync(path.join(tmpdir(), 'old-records-'));
afterAll(async () => {
  await log.close();
  rmSync(stateDir, { recursive: true, force: true });
});

test('an app that counts windows of years ago is warned that brokers delete them, unless their changelog keeps them', async () => {
  const input = topic(`old-${process.pid}`, { key: string(), value: string() });
  await log.admin.createTopics([{ name: input.name, partitions: 1 }]);
  const producer = await log.producer();
  const record = { key: 'k', value: 'v', timestamp: Date.UTC(2010, 11, 1), headers: noHeaders };
  await producer.send([{ topic: input.name, partition: 0, records: [record] }]);
  await producer.close();
  const warnings: string[] = [];
  const keep = ({ message }: Error): void => {
    warnings.push(message);
  };
  process.on('warning', keep);
  for (const windowStoreChangelogAdditionalRetentionMs of [Number.POSITIVE_INFINITY, 0]) {
    expect(warnings).toEqual([]);
    const builder = new StreamsBuilder();
    const counted: number[] = [];
    builder
      .stream(input)
      .groupByKey()
      .windowedBy(TimeWindows.of(1000))
      .count({ as: 'counts' })
      .toStream()
      .foreach((count) => {
        counted.push(count ?? 0);
      });
    const applicationId = `${input.name}-${windowStoreChangelogAdditionalRetentionMs}`;
    const options = { applicationId, log, stateDir, windowStoreChangelogAdditionalRetentionMs };
    const app = new StreamsApp(builder.build(), options);
    await app.start();
    await expect.poll(() => counted, { timeout: 20_000 }).toEqual([1]);
    await app.close();
  }
  process.off('warning', keep);
  expect(warnings).toEqual([
    expect.stringMatching(/^Changelog "old-\d+-0-counts-changelog" gets records of 2010-12-01/),
  ]);
});
