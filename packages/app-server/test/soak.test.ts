import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EmbeddedLog } from '@millrace/embedded-log';
import { freePort } from '@millrace/free-ports';
import { noHeaders, partitionForKey } from '@millrace/log-client';
import { listen } from '@millrace/log-server';
import { expect, test } from 'vitest';
import { closeLater } from './support.ts';

/** Longer by `MILLRACE_QUERY_SOAK_S=600`; the seed by `MILLRACE_SEED`. */
const seconds = Number(process.env['MILLRACE_QUERY_SOAK_S'] ?? 6);
const seed = Number(process.env['MILLRACE_SEED'] ?? 1);
const partitions = 4;
const words = Array.from({ length: 40 }, (_, n) => `word-${n}`);
const script = fileURLToPath(new URL('counting-instance.mjs', import.meta.url));

function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Asked {
  ok: number;
  retriable: number;
  /** Since when nothing but retriable errors has come, and the longest such time. */
  downSince: number | undefined;
  longestMs: number;
}

// The counts of words are known to who writes them: how often each has been written, and how often at least its
// record was acknowledged before a query began. A committed count is between what was last seen, which cannot be
// taken back, and what has been written.
test(`queries of an app whose instances are killed and started again, for ${seconds} s (seed ${seed})`, {
  timeout: (seconds + 120) * 1000,
}, async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-query-soak-'));
  closeLater({ close: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }) });
  const log = closeLater(await EmbeddedLog.open({ dir: path.join(dir, 'log') }));
  const server = closeLater(await listen(log, { token: false }));
  await log.admin.createTopics([{ name: 'words', partitions }]);
  const random = randomFrom(seed);
  const ports = [await freePort(), await freePort()];
  const children: (ChildProcess | undefined)[] = [undefined, undefined];
  closeLater({ close: () => children.forEach((child) => child?.kill('SIGKILL')) });
  let lives = 0;
  const start = async (at: number): Promise<void> => {
    const state = path.join(dir, `state-${lives++}`);
    const args = [script, server.address, String(ports[at]), state];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children[at] = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', () => reject(new Error('an instance ended before it had started')));
    });
    child.removeAllListeners('exit');
  };
  await start(0);
  await start(1);

  const written = new Map(words.map((word) => [word, 0]));
  const acked = new Map(words.map((word) => [word, { count: 0, offset: -1 }]));
  const seen = new Map(words.map((word) => [word, 0]));
  const asked: Asked = { ok: 0, retriable: 0, downSince: undefined, longestMs: 0 };
  const until = Date.now() + seconds * 1000;
  // A slow machine takes longer for answers enough to tell anything.
  const goesOn = (): boolean => Date.now() < until || asked.ok < 100;
  const producer = await log.producer();
  const write = async (): Promise<void> => {
    while (goesOn()) {
      const word = words[Math.floor(random() * words.length)]!;
      written.set(word, written.get(word)! + 1);
      const partition = partitionForKey(Buffer.from(word), partitions);
      const records = [{ key: word, value: 'x', timestamp: 0, headers: noHeaders }];
      const [offset] = await producer.send([{ topic: 'words', partition, records }]);
      acked.set(word, { count: acked.get(word)!.count + 1, offset: offset! });
      await sleep(1);
    }
  };

  const wrong: string[] = [];
  const isRetriable = (status: number, body: { retriable?: boolean; code?: string }): boolean =>
    body.retriable === true || (status === 503 && body.code === 'APP_STATE');
  const ask = async (): Promise<void> => {
    while (goesOn()) {
      const word = words[Math.floor(random() * words.length)]!;
      // What was acknowledged before must be in the answer, where the query says so.
      const least = acked.get(word)!;
      const bound = random() < 0.5 && least.offset >= 0;
      const before = seen.get(word)!;
      const partition = partitionForKey(Buffer.from(word), partitions);
      const query = bound ? `?atLeast=words:${partition}:${least.offset}` : '';
      const url = `http://127.0.0.1:${ports[Math.floor(random() * 2)]}/stores/counts/rows/${word}${query}`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(15_000) }).catch(() => undefined);
      const body = (await answer?.json().catch(() => undefined)) as
        | { value?: number; retriable?: boolean; code?: string }
        | undefined;
      const isMissing = answer?.status === 404 && body?.code === 'ROW_MISSING';
      if (answer !== undefined && body !== undefined && (answer.status === 200 || isMissing)) {
        const count = isMissing ? 0 : body.value!;
        if (count < before) wrong.push(`${word}: ${count} after ${before}`);
        if (count > written.get(word)!) wrong.push(`${word}: ${count} of ${written.get(word)} written`);
        if (bound && count < least.count)
          wrong.push(`${word}: ${count}, though ${least.count} had to be seen`);
        seen.set(word, Math.max(seen.get(word)!, count));
        asked.ok++;
        asked.downSince = undefined;
        continue;
      }
      // A server that was just killed does not answer: that is for the client to try again, too.
      if (answer !== undefined && body !== undefined && !isRetriable(answer.status, body))
        wrong.push(`${word}: status ${answer.status} ${JSON.stringify(body)}`);
      asked.retriable++;
      asked.downSince ??= performance.now();
      asked.longestMs = Math.max(asked.longestMs, performance.now() - asked.downSince);
      await sleep(5);
    }
  };
  let kills = 0;
  const kill = async (): Promise<void> => {
    for (let at = 0; Date.now() < until - 3000; at = 1 - at) {
      // A member that was killed is missed for its session, 6 seconds: in a long run mostly both are there.
      await sleep((seconds > 60 ? 9000 : 1500) + random() * 2500);
      children[at]!.kill('SIGKILL');
      kills++;
      await sleep(random() * 500);
      await start(at);
    }
  };
  await Promise.all([write(), ask(), ask(), kill()]);
  expect(wrong).toEqual([]);
  expect(kills).toBeGreaterThan(0);
  expect(asked.ok).toBeGreaterThanOrEqual(100);
  const share = ((100 * asked.retriable) / (asked.ok + asked.retriable)).toFixed(1);
  console.log(
    `${asked.ok} answers right, ${asked.retriable} to be asked again (${share} %), at a stretch for up to ${Math.round(asked.longestMs)} ms; ${kills} instances killed`,
  );

  // In the end every word's count is how often it was written.
  for (const word of words) {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${ports[0]}/stores/counts/rows/${word}`).catch(
        () => undefined,
      );
      const text = (await answer?.text()) ?? '{}';
      const { value = 0 } = JSON.parse(text) as { value?: number };
      if (answer?.status !== 503 && value === written.get(word)) break;
      if (Date.now() > deadline)
        throw new Error(`${word}: ${answer?.status} ${text}, not ${written.get(word)}`);
      await sleep(50);
    }
  }
});
