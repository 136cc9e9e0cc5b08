import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LevelStore } from '../src/runtime.ts';

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(path.join(tmpdir(), 'millrace-level-'));
  try {
    await body(path.join(parent, 'store'));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

test('a folder that is open elsewhere is waited for, then refused by name', async () => {
  await inFolder(async (dir) => {
    const holder = await LevelStore.open(dir);
    const warned = once(process, 'warning') as Promise<[Error]>;
    const waiting = LevelStore.open(dir);
    expect((await warned)[0].message).toMatch(/store is open in another process or task: waiting up to 5 s/);
    await holder.close();
    const heir = await waiting;
    await expect(LevelStore.open(dir)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await heir.close();
  });
});
