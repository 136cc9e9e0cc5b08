import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kafkaLog } from '@millrace/kafka';
import { encodeRequest, metadataApi, saslAuthenticateApi } from '@millrace/kafka-protocol/messages';
import { describe, expect, test } from 'vitest';
import { listen, readOwner, removeOwner, writeOwner } from '../src/index.ts';
import { closeLater, served } from './served.ts';

const mechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

describe('who is let in', () => {
  test.each(mechanisms)('clients with the token, by %s', async (mechanism) => {
    const { server } = await served({ token: 'open sesame, =ä' });
    const log = (password: string) =>
      closeLater(kafkaLog({ brokers: [server.address], sasl: { mechanism, username: 'a=b,c', password } }));
    expect((await log('open sesame, =ä').admin.topics()).size).toBe(0);
    await expect(log('wrong').admin.topics()).rejects.toMatchObject({ code: 'LOG_UNAUTHORIZED' });
    await expect(log('').admin.topics()).rejects.toMatchObject({ code: 'LOG_UNAUTHORIZED' });
  });

  test('a token is made up where none is given, another one each time', async () => {
    const { log, server } = await served({ token: 'x' });
    const random = closeLater(await listen(log));
    const other = closeLater(await listen(log));
    expect(random.token).toMatch(/^[\w-]{32}$/);
    expect(other.token).not.toBe(random.token);
    expect(server.token).toBe('x');
  });

  test('nobody before they have said who they are', async () => {
    const { log, server } = await served({ token: 'secret' });
    await log.admin.createTopics([{ name: 'hidden', partitions: 1 }]);
    const header = { version: 9, correlationId: 1, clientId: 'c' };
    expect(await ask(server.port, encodeRequest(metadataApi, header, { topics: null }))).toBe('');
    // Authenticating without having agreed on how.
    const said = encodeRequest(
      saslAuthenticateApi,
      { ...header, version: 1 },
      { authBytes: Buffer.from('\0u\0secret') },
    );
    const answer = await ask(server.port, [...said, ...encodeRequest(metadataApi, header, { topics: null })]);
    expect(answer).not.toContain('hidden');
  });

  test('listening for other machines needs a token', async () => {
    const { log } = await served();
    await expect(listen(log, { host: '0.0.0.0', token: false })).rejects.toMatchObject({
      code: 'LOG_CONFIG',
      message: expect.stringMatching(/clients need a token/),
    });
    await expect(listen(log, { token: '' })).rejects.toMatchObject({ code: 'LOG_CONFIG' });
    const server = closeLater(await listen(log, { host: '0.0.0.0' }));
    expect(server.token).toBeDefined();
  });

  test('a port that is taken is named', async () => {
    const { log, server } = await served();
    await expect(listen(log, { port: server.port })).rejects.toMatchObject({
      code: 'LOG_CONFIG',
      message: expect.stringMatching(new RegExp(`127.0.0.1:${server.port}: .*EADDRINUSE`)),
    });
  });

  test("the owner's file is for the owner only, and goes with it", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'millrace-owner-'));
    const owner = { pid: process.pid, host: '127.0.0.1', port: 1, token: 't' };
    await writeOwner(dir, { ...owner, pid: 1 });
    await removeOwner(dir);
    expect(await readOwner(dir)).toMatchObject({ pid: 1 });
    await writeOwner(dir, owner);
    expect((await stat(path.join(dir, 'owner.json'))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path.join(dir, 'owner.json'), 'utf8'))).toEqual(owner);
    await removeOwner(dir);
    expect(await readOwner(dir)).toBeUndefined();
    await rm(dir, { recursive: true });
  });
});

/** Sends bytes; resolves to what comes back until the connection ends, or nothing has come for a while. */
function ask(port: number, chunks: readonly Uint8Array[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => {
      for (const chunk of chunks) socket.write(chunk);
      socket.setTimeout(300, () => socket.destroy());
    });
    socket.on('data', (data) => {
      answer += data.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

test('over TLS, with a certificate that clients trust', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-tls-'));
  const [keyFile, certFile] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    keyFile,
    '-out',
    certFile,
    ...subject,
  ]);
  if (made.status !== 0) {
    console.log('Not run: it needs openssl to make a certificate');
    return;
  }
  const [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
  const { server } = await served({ token: 'secret', tls: { key, cert } });
  const sasl = { mechanism: 'plain', username: 'u', password: 'secret' } as const;
  const log = closeLater(kafkaLog({ brokers: [server.address], ssl: { ca: cert }, sasl }));
  expect((await log.admin.topics()).size).toBe(0);
  const plain = closeLater(
    kafkaLog({ brokers: [server.address], sasl, retryTimeoutMs: 100, connectionTimeoutMs: 1000 }),
  );
  await expect(plain.admin.topics()).rejects.toMatchObject({ code: 'LOG_TIMEOUT' });
  await rm(dir, { recursive: true });
});
