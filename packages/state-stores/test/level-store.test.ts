import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { LevelStore } from '../src/index.ts';

async function inFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(path.join(tmpdir(), 'millrace-level-'));
  try {
    await body(path.join(parent, 'store'));
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

test('a store that cannot be read starts empty, for its changelog to fill', async () => {
  await inFolder(async (dir) => {
    const store = await LevelStore.open(dir);
    await store.write([{ key: Buffer.from('a'), value: Buffer.from('1') }], {
      topicId: 't',
      offset: 1,
      streamTime: -1,
    });
    await store.close();
    for (const name of await readdir(dir))
      if (name.startsWith('MANIFEST')) await writeFile(path.join(dir, name), 'junk');
    const again = await LevelStore.open(dir);
    expect(again.checkpoint).toBeUndefined();
    expect(again.get(Buffer.from('a'))).toBeUndefined();
    await again.close();
  });
});

test('a folder that is open elsewhere is waited for, then refused by name', async () => {
  await inFolder(async (dir) => {
    const holder = await LevelStore.open(dir);
    const waiting = LevelStore.open(dir);
    await new Promise((resolve) => setTimeout(resolve, 250));
    await holder.close();
    const heir = await waiting;
    await expect(LevelStore.open(dir)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await heir.close();
  });
});
