import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { long, string } from '@millrace/log-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keyValueStore, type StoreSpec } from '../src/index.ts';
import { LevelStore, openStore } from '../src/runtime.ts';

const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));
const builtRuntime = fileURLToPath(new URL('../dist/runtime.js', import.meta.url));
let parent = '';
let dir = '';
beforeEach(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'millrace-damaged-'));
  dir = path.join(parent, 'counts');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

async function fill(): Promise<void> {
  const store = await LevelStore.open(dir);
  const changes = Array.from({ length: 20_000 }, (_, n) => ({
    key: Buffer.from(`k${n}`),
    value: Buffer.from('v'.repeat(200)),
  }));
  await store.write(changes, { topicId: 't', offset: 1, streamTime: -1 });
  await store.close();
  // Opened once more, LevelDB moves its log into a table.
  await (await LevelStore.open(dir)).close();
}

async function file(pattern: RegExp): Promise<string> {
  return path.join(dir, (await readdir(dir)).find((name) => pattern.test(name))!);
}

/** Damage that shows when the store is opened. */
const damages: Record<string, () => Promise<void>> = {
  'its MANIFEST is junk': async () => writeFile(await file(/^MANIFEST/), 'junk'),
  'its MANIFEST is missing': async () => unlink(await file(/^MANIFEST/)),
  'CURRENT is junk': async () => writeFile(await file(/^CURRENT/), 'junk'),
  'CURRENT is missing': async () => unlink(await file(/^CURRENT/)),
  'a table is missing': async () => unlink(await file(/\.ldb$/)),
};

const spec: StoreSpec = keyValueStore({ name: 'counts', key: string(), value: long() }) as StoreSpec;
const open = (over: Partial<StoreSpec>) =>
  openStore({ ...spec, ...over } as StoreSpec, { dir, timestamp: () => 0 });

describe('a damaged store', () => {
  for (const [what, damage] of Object.entries(damages)) {
    test(`with a changelog is rebuilt, with a warning that names folder and cause: ${what}`, async () => {
      await fill();
      await damage();
      const warned = once(process, 'warning') as Promise<[Error]>;
      const store = await open({});
      expect(store.checkpoint).toBeUndefined();
      expect((await warned)[0].message).toMatch(
        new RegExp(`store in ${dir} is damaged and is rebuilt from its changelog: .+`),
      );
      await store.close();
    });

    test(`without a changelog is an error, and its folder stays: ${what}`, async () => {
      await fill();
      await damage();
      const before = (await readdir(dir)).filter((name) => name.endsWith('.ldb'));
      await expect(open({ logging: false })).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringMatching(new RegExp(`${dir} is damaged.*holds is nowhere else`)),
      });
      expect((await readdir(dir)).filter((name) => name.endsWith('.ldb'))).toEqual(before);
    });
  }

  test('that is restored from the topic it is read from is rebuilt too', async () => {
    await fill();
    await damages['a table is missing']!();
    const store = await open({ logging: false, sourceTopic: 'products' });
    expect(store.checkpoint).toBeUndefined();
    await store.close();
  });

  test('whose damage shows at a read says so, and is rebuilt the next time it is opened', async () => {
    await fill();
    const table = await file(/\.ldb$/);
    const bytes = await readFile(table);
    await writeFile(table, bytes.fill(0xff, Math.floor(bytes.length * 0.3), Math.floor(bytes.length * 0.6)));
    const store = await LevelStore.open(dir);
    const readAll = async (): Promise<void> => {
      for await (const entry of store.iterate({})) expect(entry).toHaveLength(2);
    };
    await expect(readAll()).rejects.toMatchObject({ name: 'StoreError', code: 'STORE_CORRUPT' });
    await store.close();
    await expect(LevelStore.open(dir)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    const again = await LevelStore.open(dir, { whenDamaged: 'empty' });
    expect(again.get(Buffer.from('k1'))).toBeUndefined();
    await again.close();
    await (await LevelStore.open(dir)).close();
  });
});

describe('what the system refuses is reported and leaves the store as it is', () => {
  test('too many open files', async () => {
    await fill();
    const script = `
      import { openSync, closeSync } from 'node:fs';
      import { keyValueStore } from ${JSON.stringify(built)};
      import { openStore } from ${JSON.stringify(builtRuntime)};
      const serde = { serialize: (value) => Buffer.from(value), deserialize: String };
      const spec = keyValueStore({ name: 'counts', key: serde, value: serde });
      const held = [];
      try { for (;;) held.push(openSync('/dev/null')); } catch {}
      for (const fd of held.splice(0, 3)) closeSync(fd);
      const refused = await openStore(spec, { dir: ${JSON.stringify(dir)}, timestamp: () => 0 }).then(() => 'opened', (error) => error);
      for (const fd of held) closeSync(fd);
      console.log(refused.code, refused.message);`;
    await writeFile(path.join(parent, 'script.mjs'), script);
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      `ulimit -n 64; exec ${process.execPath} ${path.join(parent, 'script.mjs')}`,
    ]);
    expect(stdout).toMatch(/^STORE_IO The store in .*counts could not be opened: .*Too many open files/);
    const store = await LevelStore.open(dir);
    expect(store.checkpoint?.offset).toBe(1);
    expect(store.get(Buffer.from('k19999'))).toBeDefined();
    await store.close();
  });

  test('a file that is a folder', async () => {
    await fill();
    const lock = await file(/^LOCK$/);
    await unlink(lock);
    await mkdir(lock);
    await expect(open({})).rejects.toMatchObject({ code: 'STORE_IO' });
    expect((await readdir(dir)).some((name) => name.endsWith('.ldb'))).toBe(true);
  });

  test('a folder where a file stands', async () => {
    await writeFile(path.join(parent, 'counts'), 'mine');
    await expect(open({})).rejects.toMatchObject({ code: 'STORE_IO' });
  });
});
