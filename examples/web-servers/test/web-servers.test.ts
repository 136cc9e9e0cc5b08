import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { EmbeddedLog } from 'millrace';
import { expect, onTestFinished, test } from 'vitest';
import { expressServer } from '../src/express.ts';
import { VotesModule } from '../src/nest.ts';
import { startVotes, type Votes } from '../src/votes.ts';

/** A pipeline on a log of its own. */
async function start(): Promise<Votes> {
  const log = await EmbeddedLog.inMemory();
  const stateDir = mkdtempSync(path.join(tmpdir(), 'millrace-votes-'));
  onTestFinished(async () => {
    await log.close();
    rmSync(stateDir, { recursive: true });
  });
  return startVotes(log, stateDir);
}

interface Count {
  readonly candidate: string;
  readonly count: number;
}

/** What a client sees of either server. */
async function votesAt(url: string): Promise<void> {
  const post = async (candidate: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/votes/${candidate}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return [answer.status, (await answer.json()) as Count] as const;
  };
  expect(await post('tea', { voter: 'ann' })).toEqual([201, { candidate: 'tea', count: 1 }]);
  // Each answer has the vote that it answers.
  const counts = await Promise.all(['bob', 'eve', 'joe'].map((voter) => post('tea', { voter })));
  expect(Math.max(...counts.map(([, { count }]) => count))).toBe(4);
  expect(await post('tea', {})).toMatchObject([400, { message: expect.stringContaining('names no voter') }]);
  const count = async (candidate: string) => (await fetch(`${url}/votes/${candidate}`)).json();
  expect(await count('tea')).toEqual({ candidate: 'tea', count: 4 });
  expect(await count('milk')).toEqual({ candidate: 'milk', count: 0 });
}

test('Express writes what is posted, and answers with what has been made of it', async () => {
  const votes = await start();
  const server = expressServer(votes).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await votesAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
    await votes.close();
  }
});

test('Nest starts the pipeline with the server, and closes it with it', async () => {
  const votes = await start();
  let closed = 0;
  const watched = { ...votes, close: () => votes.close().then(() => void closed++) };
  const module = VotesModule.with(async () => watched);
  const app = await NestFactory.create(module, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  try {
    await votesAt(await app.getUrl());
  } finally {
    await app.close();
  }
  expect(closed).toBe(1);
});

test('docs/web-servers.md shows them as they are here', () => {
  const page = readFileSync(new URL('../../../docs/web-servers.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```ts (?<file>\S+)\n(?<code>.*?)```/gs)];
  expect(blocks).toHaveLength(3);
  for (const { groups } of blocks)
    expect(groups!['code']).toBe(
      readFileSync(new URL(`../src/${groups!['file']!}`, import.meta.url), 'utf8'),
    );
});
