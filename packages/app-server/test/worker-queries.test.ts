import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@millrace/free-ports';
import { runWorkers } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { clicks, closeLater, eventually, newLog, send } from './support.ts';

test('each worker thread serves its stores, and answers for those of the others', async () => {
  const log = await newLog(4);
  const stateDir = await mkdtemp(path.join(tmpdir(), 'millrace-worker-queries-'));
  closeLater({ close: () => rm(stateDir, { recursive: true, force: true }) });
  const ports = [await freePort(), await freePort()];
  const pool = closeLater(
    await runWorkers({
      module: new URL('./serving-worker.mjs', import.meta.url),
      workers: 2,
      data: { ports, stateDir },
      logPort: () => log.threadPort(),
      // Threads run what is built.
      execArgv: [],
    }),
  );
  await eventually('all tasks are at work', () => pool.state === 'running' && pool.taskIds.length === 4);
  const keys = Array.from({ length: 12 }, (_, n) => `key-${String(n).padStart(2, '0')}`);
  await send(
    log,
    clicks,
    keys.flatMap((key) => [
      [key, 'x', 1],
      [key, 'x', 2],
    ]),
  );
  const ask = async (port: number, query: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/stores/total${query}`);
  for (const port of ports) {
    for (const key of keys) {
      await eventually(`port ${port} knows ${key}`, async () => {
        const answer = await ask(port, `/rows/${key}`);
        return answer.status === 200 && ((await answer.json()) as { value: number }).value === 2;
      });
    }
    const { rows } = (await (await ask(port, '/rows?scope=application')).json()) as {
      readonly rows: readonly { readonly key: string; readonly value: number }[];
    };
    expect(rows.map(({ key, value }) => `${key} ${value}`)).toEqual(keys.map((key) => `${key} 2`));
  }
  await pool.close();
  await expect(ask(ports[0]!, '/rows')).rejects.toThrow();
});
