import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import { expect, onTestFinished, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url));

function millrace(...args: readonly string[]): Promise<{ readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], (_, out, err) => resolve({ out, err }));
  });
}

test('millrace migrate counts rows of an earlier version, and rewrites them', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace migrate '));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const core = JSON.stringify(fileURLToPath(new URL('../../streams-core/dist/index.js', import.meta.url)));
  const file = path.join(dir, 'topology.mjs');
  writeFileSync(
    file,
    `import { evolving, json, migration, StreamsBuilder, string, topic } from ${core};
    const value = evolving(json(), { version: 2, migrate: { 1: migration(json(), (old) => ({ was: old })) } });
    const builder = new StreamsBuilder();
    builder.stream(topic('words', { key: string(), value: json() })).groupByKey()
      .reduce((_, value) => value, { as: 'kept', value });
    export default builder.build();`,
  );
  const logDir = path.join(dir, 'log');
  const log = await EmbeddedLog.open({ dir: logDir });
  const topic = 'app-kept-changelog';
  await log.admin.createTopics([{ name: topic, partitions: 1 }]);
  const producer = await log.producer();
  const records = ['a', 'b'].map((key) => ({ key, value: '7', timestamp: 5, headers: [] }));
  await producer.send([{ topic, partition: 0, records }]);
  await log.close();

  const place = ['--application', 'app', '--log-dir', logDir, '--json'];
  const counted = { out: '{"store":"kept","rows":2,"migrated":2,"skipped":""}\n' };
  expect(await millrace('migrate', file, ...place, '--dry-run')).toMatchObject({
    ...counted,
    err: expect.stringContaining('nothing was written'),
  });
  expect(await millrace('migrate', file, ...place)).toEqual({ ...counted, err: '' });
  expect((await millrace('migrate', file, ...place)).out).toContain('"rows":2,"migrated":0');
  expect((await millrace('migrate', file, '--log-dir', logDir)).err).toContain('--application');
});
