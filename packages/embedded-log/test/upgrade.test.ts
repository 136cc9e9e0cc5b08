import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLogError } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';
import type { FileSystem } from '../src/files/file-system.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk, Stopped } from './simulation/simulated-disk.ts';

// Logs that the library wrote in format version 1, one closed and one killed, and what it read of them then.
const fixtures = fileURLToPath(new URL('./fixtures/v1/', import.meta.url));
const kinds = ['closed', 'killed'] as const;

type RecordRow = readonly [
  number,
  string | null,
  string | null,
  number,
  readonly (readonly [string, string | null])[],
];

interface Expected {
  readonly topics: Readonly<
    Record<string, { id: string; partitions: number; configs: Readonly<Record<string, string>> }>
  >;
  readonly groups: readonly unknown[];
  readonly records: Readonly<Record<string, { start: number; end: number; list: readonly RecordRow[] }>>;
}

function filesOf(kind: string): Map<string, Buffer> {
  const dir = path.join(fixtures, kind);
  return new Map(readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name))]));
}

function expectedOf(kind: string): Expected {
  return JSON.parse(readFileSync(path.join(fixtures, `${kind}.json`), 'utf8')) as Expected;
}

async function recordsOf(log: EmbeddedLog, topics: Expected['topics']): Promise<Expected['records']> {
  const found: Record<string, { start: number; end: number; list: RecordRow[] }> = {};
  for (const [topic, { partitions }] of Object.entries(topics)) {
    for (let partition = 0; partition < partitions; partition++) {
      const [range] = await log.admin.offsets([{ topic, partition }]);
      const reader = await log.reader([{ topic, partition, offset: range!.start }]);
      const list: RecordRow[] = [];
      for (let at = range!.start; at < range!.end; ) {
        for (const batch of await reader.poll({ maxWaitMs: 0, maxRecords: 7 })) {
          at = batch.nextOffset;
          for (const record of batch.records) {
            const headers = record.headers.map(
              ({ key, value }) => [key, value && Buffer.from(value).toString('hex')] as const,
            );
            const text = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString();
            list.push([record.offset, text(record.key), text(record.value), record.timestamp, headers]);
          }
        }
      }
      found[`${topic}-${partition}`] = { ...range!, list };
    }
  }
  return found;
}

/** Opens a log and compares all that it holds with what the old library found in it. */
async function check(fileSystem: FileSystem, expected: Expected): Promise<void> {
  const log = await EmbeddedLog.openOn(fileSystem, { segmentBytes: 2000 });
  const topics = Object.fromEntries(await log.admin.topics());
  const kept = Object.entries(expected.topics).map(([name, topic]) => [
    name,
    { ...topic, configs: { ...topic.configs, 'retention.ms': '-1' } },
  ]);
  expect(topics).toEqual(Object.fromEntries(kept));
  expect(await log.admin.groups()).toEqual(expected.groups);
  expect(await recordsOf(log, expected.topics)).toEqual(expected.records);
  await log.close();
}

describe.each(kinds)('a %s log of format version 1', (kind) => {
  const expected = expectedOf(kind);

  test('is upgraded when it is opened: records, offsets, ids and groups are as they were', async () => {
    const disk = SimulatedDisk.holding(filesOf(kind), new Random(1));
    await check(disk.boot(), expected);
    expect(disk.names().filter((name) => name.startsWith('segment-'))).toEqual([]);
    await check(disk.boot(), expected);
    const log = await EmbeddedLog.openOn(disk.boot());
    const producer = await log.producer();
    const records = [{ key: 'new', value: 'record', timestamp: 1, headers: [] }];
    const { end } = expected.records['orders-1']!;
    expect(await producer.send([{ topic: 'orders', partition: 1, records }])).toEqual([end]);
    await log.close();
  });

  test('is whole after a crash or a power loss at any call of the upgrade', async () => {
    const counting = SimulatedDisk.holding(filesOf(kind), new Random(1));
    const whole = await EmbeddedLog.openOn(counting.boot());
    const { calls } = counting;
    await whole.close();
    expect(calls).toBeGreaterThan(50);
    for (let stopAt = 1; stopAt <= calls; stopAt++) {
      const disk = SimulatedDisk.holding(filesOf(kind), new Random(stopAt));
      await EmbeddedLog.openOn(disk.boot({ stopAt })).catch((error: unknown) => {
        if (!(error instanceof Stopped) && !isLogError(error)) throw error;
      });
      if (stopAt % 2 === 0) disk.losePower();
      await check(disk.boot(), expected).catch((error: unknown) => {
        throw new Error(`stopped at call ${stopAt} of ${calls}`, { cause: error });
      });
    }
  });

  test('is refused by name, and left as it is, where it is damaged', async () => {
    for (const name of filesOf(kind).keys()) {
      if (name.startsWith('journal-') && kind === 'killed') continue;
      const files = filesOf(kind);
      const damaged = Buffer.from(files.get(name)!);
      if (damaged.length === 0) continue;
      damaged[damaged.length >> 1]! ^= 1;
      files.set(name, damaged);
      const disk = SimulatedDisk.holding(files, new Random(1));
      const refused = await check(disk.boot(), expected).then(
        () => false,
        (error: unknown) => {
          if (!isLogError(error, 'LOG_CORRUPT')) throw error;
          return true;
        },
      );
      if (name.startsWith('segment-')) expect([name, refused]).toEqual([name, true]);
      if (refused) for (const [file, bytes] of files) expect(disk.content(file).equals(bytes)).toBe(true);
    }
  });
});
