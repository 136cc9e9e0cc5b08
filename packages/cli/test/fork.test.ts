import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import { expect, onTestFinished, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url));

interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function millrace(...args: readonly string[]): Promise<Printed> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], (error, out, err) =>
      resolve({ code: (error?.code as number | undefined) ?? 0, out, err }),
    );
  });
}

test('millrace fork, compare and promote refuse in one line, and print what they found', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace fork '));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const log = await EmbeddedLog.open({ dir });
  await log.admin.createTopics([
    { name: 'in', partitions: 1 },
    { name: 'out', partitions: 1 },
  ]);
  const producer = await log.producer();
  const record = (key: string, value: string) => ({ key, value, timestamp: 1, headers: [] });
  await producer.commit({
    records: [{ topic: 'in', partition: 0, records: [record('a', '1')] }],
    offsets: { group: 'shop', commits: [{ topic: 'in', partition: 0, offset: 1, metadata: '' }] },
  });
  await log.close();
  const place = ['--log-dir', dir];
  expect(await millrace('fork', 'other', 'next', ...place)).toEqual({
    code: 1,
    out: '',
    err: 'error: "other" has committed nothing in this log: there is nothing to fork\n',
  });
  expect(await millrace('fork', 'shop', 'next', ...place)).toMatchObject({
    code: 0,
    out: expect.stringContaining('next is a fork of shop: 0 records of 0 topics copied'),
  });
  expect((await millrace('promote', 'next', ...place)).err).toContain('"next" has never run');

  // What the application that runs has made since, and what a shadow made of the same.
  const again = await EmbeddedLog.open({ dir });
  await again.admin.createTopics([{ name: 'next-shadow-out', partitions: 1 }]);
  const results = await again.producer();
  await results.send([
    { topic: 'out', partition: 0, records: [record('a', '1'), record('b', '2')] },
    { topic: 'next-shadow-out', partition: 0, records: [record('a', '1'), record('b', '3')] },
  ]);
  await again.close();
  const compared = await millrace('compare', 'next', ...place, '--json');
  expect(compared.code).toBe(1);
  expect(
    compared.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { topic: 'out', same: 1, different: 1, running: 2, shadow: 2 },
    { topic: 'out', key: 'b', running: '2', shadow: '3' },
  ]);
});
