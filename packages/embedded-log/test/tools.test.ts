import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noHeaders } from '@millrace/log-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';
import {
  backupLog,
  dumpBatches,
  dumpRecords,
  logStats,
  NodeFileSystem,
  repairLog,
  verifyLog,
} from '../src/tools/index.ts';

let dir = '';
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace tools '));
  dir = path.join(folder, 'log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const options = { durability: 'os', segmentBytes: 2000, directBytes: 500 } as const;

async function fill(commits: number): Promise<EmbeddedLog> {
  const log = await EmbeddedLog.open({ dir, ...options });
  await log.admin.createTopics([{ name: 't', partitions: 2 }]);
  const producer = await log.producer();
  for (let n = 0; n < commits; n++) {
    const records = Array.from({ length: (n % 9) + 1 }, (_, index) => {
      return { key: `k${index}`, value: `${n} ${'v'.repeat(40)}`, timestamp: n, headers: noHeaders };
    });
    await producer.send([{ topic: 't', partition: n % 2, records }]);
  }
  return log;
}

async function valuesOf(at: string): Promise<string[]> {
  const log = await EmbeddedLog.open({ dir: at, ...options });
  const values: string[] = [];
  for (const partition of [0, 1]) {
    const [range] = await log.admin.offsets([{ topic: 't', partition }]);
    const reader = await log.reader([{ topic: 't', partition, offset: 0 }]);
    for (let offset = 0; offset < range!.end; ) {
      for (const batch of await reader.poll({ maxWaitMs: 0, maxRecords: 100 })) {
        offset = batch.nextOffset;
        values.push(...batch.records.map((record) => `${partition} ${record.offset} ${record.valueText!()}`));
      }
    }
  }
  await log.close();
  return values;
}

async function damage(pattern: RegExp, at: number): Promise<string> {
  const name = (await readdir(dir)).filter((one) => pattern.test(one)).toSorted()[0]!;
  const bytes = await readFile(path.join(dir, name));
  bytes[at]! ^= 1;
  await writeFile(path.join(dir, name), bytes);
  return name;
}

describe('verify', () => {
  test('finds nothing in a log that is closed, or was killed', async () => {
    const log = await fill(40);
    const killed = path.join(folder, 'killed');
    await backupLog(dir, killed);
    await log.close();
    for (const at of [dir, killed]) {
      const report = await verifyLog(new NodeFileSystem(at));
      expect(report).toMatchObject({ topics: 1, records: 190, problems: [] });
      expect(report.segments).toBeGreaterThan(5);
    }
  });

  test('names the file, the bytes and the offsets of any damage to a segment, and the other kinds', async () => {
    await (await fill(40)).close();
    const segment = await damage(/^1-0-.*\.log$/, 400);
    const { problems } = await verifyLog(new NodeFileSystem(dir));
    expect(problems).toEqual([
      {
        file: segment,
        problem: expect.stringMatching(
          /^bytes \d+ to \d+ are damaged: offsets \d+ to \d+ of t-0 cannot be read$/,
        ),
        loses: true,
      },
    ]);
  });

  test('says of an index or a checkpoint that nothing is lost with it', async () => {
    await (await fill(40)).close();
    const index = await damage(/\.index$/, 30);
    await damage(/^checkpoint-a$/, 40);
    const { problems } = await verifyLog(new NodeFileSystem(dir));
    expect(problems.map(({ file, loses }) => [file, loses])).toEqual([
      ['checkpoint-a', false],
      [index, false],
    ]);
  });

  test('changes nothing', async () => {
    await (await fill(20)).close();
    await damage(/^1-0-.*\.log$/, 400);
    const before = await Promise.all((await readdir(dir)).map(async (name) => [name, await sizeOf(name)]));
    await verifyLog(new NodeFileSystem(dir));
    await repairLog(new NodeFileSystem(dir), { acceptLoss: false });
    const after = await Promise.all((await readdir(dir)).map(async (name) => [name, await sizeOf(name)]));
    expect(after).toEqual(before);
  });
});

async function sizeOf(name: string): Promise<string> {
  return name === 'lock' ? '' : (await readFile(path.join(dir, name))).toString('hex');
}

describe('repair', () => {
  test('leaves out what is damaged, says which offsets, and keeps the rest at its offsets', async () => {
    await (await fill(60)).close();
    const whole = await valuesOf(dir);
    const segment = await damage(/^1-0-.*\.log$/, 400);
    const fileSystem = new NodeFileSystem(dir);
    const announced = await repairLog(fileSystem, { acceptLoss: false });
    expect(announced).toEqual([
      { topic: 't', partition: 0, firstOffset: expect.any(Number), nextOffset: expect.any(Number) },
    ]);
    expect(await repairLog(fileSystem, { acceptLoss: true })).toEqual(announced);
    expect(await readdir(dir)).not.toContain(segment);
    expect((await verifyLog(fileSystem)).problems).toEqual([]);
    const { firstOffset, nextOffset } = announced[0]!;
    const isLost = (value: string): boolean => {
      const [partition, offset] = value.split(' ').map(Number);
      return partition === 0 && offset! >= firstOffset && offset! < nextOffset;
    };
    expect(await valuesOf(dir)).toEqual(whole.filter((value) => !isLost(value)));
    const log = await EmbeddedLog.open({ dir, ...options });
    const [range] = await log.admin.offsets([{ topic: 't', partition: 0 }]);
    const producer = await log.producer();
    const records = [{ key: 'k', value: 'more', timestamp: 0, headers: noHeaders }];
    expect(await producer.send([{ topic: 't', partition: 0, records }])).toEqual([range!.end]);
    await log.close();
  });

  test('of a whole log does nothing', async () => {
    await (await fill(10)).close();
    expect(await repairLog(new NodeFileSystem(dir), { acceptLoss: true })).toEqual([]);
  });
});

describe('backup', () => {
  test('of a log in use is one that a crash could have left: a prefix of the commits, each whole', async () => {
    const log = await EmbeddedLog.open({ dir, ...options, checkpointBytes: 3000 });
    await log.admin.createTopics([{ name: 't', partitions: 2 }]);
    const producer = await log.producer();
    let acknowledged = -1;
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) {
        const record = { key: 'k', value: `${n} ${'v'.repeat(n % 300)}`, timestamp: 0, headers: noHeaders };
        await producer.commit({
          records: [0, 1].map((partition) => ({ topic: 't', partition, records: [record] })),
        });
        acknowledged = n;
      }
    })();
    for (let copy = 0; copy < 5; copy++) {
      const atLeast = acknowledged;
      const target = path.join(folder, `copy-${copy}`);
      await backupLog(dir, target);
      const values = await valuesOf(target);
      const of = (partition: number) =>
        values.filter((value) => value.startsWith(`${partition} `)).map((value) => value.split(' ')[2]);
      expect(of(0)).toEqual(of(1));
      expect(of(0)).toEqual(of(0).map((_, index) => String(index)));
      expect(of(0).length).toBeGreaterThan(atLeast);
    }
    writing = false;
    await writer;
    await log.close();
  });

  test('wants a folder of its own', async () => {
    await (await fill(2)).close();
    await expect(backupLog(dir, dir)).rejects.toThrow(/is not empty: a backup needs a folder of its own/);
    await expect(backupLog(folder, path.join(folder, 'none'))).rejects.toThrow(/There is no log in/);
  });
});

test('dump shows batches and records of a log in use, stats what partitions take', async () => {
  const log = await fill(40);
  const fileSystem = new NodeFileSystem(dir);
  const at = { topic: 't', partition: 1, from: 50 };
  const records = [];
  for await (const record of dumpRecords(fileSystem, at)) records.push(record.offset);
  const [range] = await log.admin.offsets([at]);
  expect(records[0]).toBeLessThanOrEqual(50);
  expect(records.at(-1)).toBe(range!.end - 1);
  let next = 0;
  for await (const batch of dumpBatches(fileSystem, { topic: 't', partition: 1 })) {
    expect(batch).toMatchObject({ baseOffset: next, compression: 'none', control: false });
    next = batch.lastOffset + 1;
  }
  expect(next).toBe(range!.end);
  const stats = await logStats(fileSystem);
  expect(stats.map(({ topic, partition, end }) => [topic, partition, end])).toEqual([
    ['t', 0, expect.any(Number)],
    ['t', 1, range!.end],
  ]);
  for (const { bytes, segments } of stats) expect([bytes > 1000, segments > 1]).toEqual([true, true]);
  await log.close();
});
