import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { storeConformance } from '../src/conformance/index.ts';
import { LevelStore, MemoryStore } from '../src/runtime.ts';

describe('in memory', () => {
  storeConformance({ test, factory: async () => ({ store: new MemoryStore() }) });
});

describe('on LevelDB', () => {
  const dirs: string[] = [];
  afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));

  storeConformance({
    test,
    factory: async () => {
      const parent = await mkdtemp(path.join(tmpdir(), 'millrace store '));
      dirs.push(parent);
      const dir = path.join(parent, 'store');
      return { store: await LevelStore.open(dir), reopen: () => LevelStore.open(dir) };
    },
  });
});
