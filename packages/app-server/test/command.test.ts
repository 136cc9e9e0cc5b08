import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { clicks, closeLater, eventually, get, newLog, send, start } from './support.ts';

const bin = fileURLToPath(new URL('../../cli/bin/millrace.js', import.meta.url));

function millrace(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('millrace query lists stores, reads rows and follows them', { timeout: 30_000 }, async () => {
  const log = await newLog(1);
  const token = 'a-token-of-some-length';
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-query-'));
  closeLater({ close: () => rm(dir, { recursive: true }) });
  const file = path.join(dir, 'token');
  await writeFile(file, `${token}\n`);
  // A page has one row: the command reads on.
  const { server } = await start(log, {}, { token, maxRows: 1 });
  await send(log, clicks, [
    ['ann', 'x', 0],
    ['bob', 'x', 5],
  ]);
  const headers = { authorization: `Bearer ${token}` };
  await eventually('they are there', async () => {
    return (await get(`${server.url}/stores/total/rows`, headers)).body.more === true;
  });
  const query = (...args: string[]) => millrace('query', server.url, ...args, '--token-file', file);
  expect((await query()).out).toMatch(/total\W+key-value/);
  expect(await query('total', 'ann', '--json')).toEqual({
    code: 0,
    out: '{"key":"ann","value":"1","timestamp":0}\n',
    err: '',
  });
  expect((await query('total', '--reverse', '--limit', '1')).out).toMatch(/bob\W+1\W+5/);
  expect((await query('total', '--limit', '1')).err).toContain('there are more');
  expect((await query('total', '--all-instances', '--json')).out.split('\n')).toHaveLength(3);
  expect((await query('total', '--json', '--limit', '2')).err).toBe('');
  expect((await query('per-minute', 'bob')).out).toMatch(/bob\W+0\W+60000\W+1\W+5/);
  expect(await query('total', 'nobody')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no row of key nobody'),
  });
  expect((await query('nothing')).err).toContain('There is no store "nothing"; there are total');
  expect((await millrace('query', server.url)).err).toContain('Send the token');
  expect(await millrace('query', 'http://127.0.0.1:1')).toMatchObject({
    code: 2,
    err: expect.stringContaining('does not answer'),
  });
  expect((await millrace('query', 'no address')).err).toContain('http://host:port expected');

  const follower = spawn(process.execPath, [
    bin,
    'query',
    server.url,
    'total',
    '--follow',
    '--token-file',
    file,
  ]);
  closeLater({ close: () => follower.kill() });
  let lines = '';
  follower.stdout.on('data', (data: Buffer) => (lines += data.toString()));
  await eventually('what is there came', () => lines.includes('"bob"'));
  await send(log, clicks, [['cat', 'x', 7]]);
  await eventually('the change came', () => lines.includes('{"key":"cat","value":1,"timestamp":7}'));
});
