import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { avroSerde, schemaRegistry } from '@millrace/schema-registry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RegistryStub } from '../../schema-registry/test/registry-stub.ts';

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url));
const dir = mkdtempSync(path.join(tmpdir(), 'millrace registry '));
const user = { username: 'reader', password: 'reader-secret' };
const authorization = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
let stub: RegistryStub;

beforeAll(async () => {
  stub = await RegistryStub.start({ authorization });
  const registry = schemaRegistry({ url: stub.url, auth: user });
  const order = avroSerde({
    registry,
    subject: 'orders-value',
    schema: { type: 'record', name: 'Order', fields: [{ name: 'sku', type: 'string' }] },
  });
  await registry.close();
  const log = await EmbeddedLog.open({ dir });
  await log.admin.createTopics([{ name: 'orders', partitions: 1 }]);
  const producer = await log.producer();
  const values = [order.serialize({ sku: 'mug' }), null, Buffer.from('plain')];
  const records = values.map((value) => ({ key: 'k', value, timestamp: 0, headers: noHeaders }));
  await producer.send([{ topic: 'orders', partition: 0, records }]);
  await log.close();
});
afterAll(async () => {
  await stub.stop();
  rmSync(dir, { recursive: true, force: true });
});

function tail(args: readonly string[], password?: string) {
  const env = { ...process.env, ...(password === undefined ? {} : { MILLRACE_REGISTRY_PASSWORD: password }) };
  const all = [bin, 'tail', 'orders', '--log-dir', dir, '--value', 'registry', ...args];
  return new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(process.execPath, all, { env }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

test('values are shown as their schemas say, and others as they are', async () => {
  const { code, out } = await tail(['--registry', stub.url, '--registry-user', 'reader'], user.password);
  expect(code).toBe(0);
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: unknown }).value),
  ).toEqual([{ sku: 'mug' }, null, { notA: 'registry', hex: Buffer.from('plain').toString('hex') }]);
});

test.each([
  ['no address', [], undefined, /^error: say where the schemas are: --registry/],
  ['an address that is none', ['--registry', 'there'], undefined, /^error: --registry: .*http or https/],
  [
    'no password',
    ['--registry', 'http://127.0.0.1:1', '--registry-user', 'reader'],
    undefined,
    /^error: --registry-user needs the password in .*MILLRACE_REGISTRY_PASSWORD/,
  ],
])('%s is said, with what to do', async (_what, args, password, message) => {
  expect(await tail(args, password)).toMatchObject({ code: 2, err: expect.stringMatching(message) });
});

test('a registry that refuses ends it, without the password', async () => {
  const found = await tail(['--registry', stub.url, '--registry-user', 'reader'], 'wrong-secret');
  expect(found).toMatchObject({ code: 1, err: expect.stringMatching(/^error: Schema registry at .*401/) });
  expect(found.err).not.toContain('wrong-secret');
});
