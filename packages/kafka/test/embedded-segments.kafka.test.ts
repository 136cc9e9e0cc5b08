import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import { expect, test } from 'vitest';
import { kafkaVersion, runTool } from './java.ts';

// Before Kafka 4 the tool was a class of the broker's own package.
const dumpLogSegments = `${kafkaVersion?.startsWith('3.') ? 'kafka' : 'org.apache.kafka'}.tools.DumpLogSegments`;

/** Writes a compacted topic; gives its segments, named as Kafka names its own: their base offset in 20 digits. */
async function compactedSegments(dir: string, compression: string): Promise<string[]> {
  const log = await EmbeddedLog.open({ dir, segmentBytes: 3000, checkpointBytes: 2000, durability: 'os' });
  const configs = {
    'cleanup.policy': 'compact',
    'compression.type': compression,
    'min.cleanable.dirty.ratio': '0',
  };
  await log.admin.createTopics([{ name: 't', partitions: 1, configs }]);
  const producer = await log.producer();
  const noise = Buffer.from(Array.from({ length: 300 }, (_, n) => (n * 167 + (n >> 3) * 91) & 255));
  for (let n = 0; n < 60; n++) {
    const headers = [{ key: 'n', value: Buffer.from(String(n)) }];
    const records = [
      { key: `key-${n % 7}`, value: noise.toString('base64').slice(n), timestamp: 1000 + n, headers },
      { key: `key-${n % 5}`, value: n % 11 === 0 ? null : `é ${n}`, timestamp: 2000 + n, headers: [] },
    ];
    await producer.send([{ topic: 't', partition: 0, records }]);
  }
  await log.clean();
  const { passes } = log.compactionStats;
  await log.close();
  expect(passes).toBeGreaterThan(0);
  const segments = (await readdir(dir)).filter((name) => name.endsWith('.log')).toSorted();
  expect(segments.length).toBeGreaterThan(1);
  return Promise.all(
    segments.map(async (name) => {
      const renamed = path.join(dir, `${name.split('-')[2]!.padStart(20, '0')}.log`);
      await copyFile(path.join(dir, name), renamed);
      return renamed;
    }),
  );
}

test("Kafka's own DumpLogSegments reads segments of the embedded log, compressed and compacted", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-segments-'));
  const files: string[] = [];
  for (const compression of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
    files.push(...(await compactedSegments(path.join(dir, compression), compression)));
  }
  const options = ['--files', files.join(','), '--print-data-log', '--deep-iteration'];
  const printed = await runTool(dumpLogSegments, options);
  const dumps = printed.split(/^Dumping /m).slice(1);
  expect(dumps).toHaveLength(files.length);
  for (const [index, dump] of dumps.entries()) {
    expect(dump).toContain(files[index]);
    expect(dump).toMatch(/isvalid: true/);
  }
  expect(printed).not.toMatch(/isvalid: false|Found .* mismatches|Non-consecutive|Error/);
  await rm(dir, { recursive: true, force: true });
});
