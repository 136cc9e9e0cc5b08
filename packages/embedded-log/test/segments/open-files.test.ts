import { readWhole } from '../../src/files/read-whole.ts';
import { describe, expect, test } from 'vitest';
import { MemoryFileSystem } from '../../src/index.ts';
import { OpenFiles } from '../../src/storage/segments/open-files.ts';
import { WatchedFileSystem } from '../simulation/watched-file-system.ts';

function filesOn(limit?: number) {
  const disk = new WatchedFileSystem(new MemoryFileSystem());
  return { disk, files: new OpenFiles(disk, limit) };
}

const bytes = [Buffer.from('some')];
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a sync', () => {
  test('is of what was written since the last one, and of the folder where a file is new', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, bytes, { again: true });
    disk.take();
    await files.syncWritten();
    expect(disk.take().toSorted()).toEqual(['sync a', 'sync directory']);
    await files.syncWritten();
    expect(disk.take()).toEqual([]);
    await files.write('a', 4, bytes, { again: true });
    await files.write('b', 0, bytes, { again: true });
    disk.take();
    await files.syncSome(['a']);
    expect(disk.take()).toEqual(['sync a']);
    await files.syncWritten();
    expect(disk.take().toSorted()).toEqual(['sync b', 'sync directory']);
  });

  test('of a file that was adopted needs no sync of the folder', async () => {
    const { disk, files } = filesOn();
    files.adopt('a');
    await files.write('a', 0, bytes, { again: true });
    disk.take();
    await files.syncWritten();
    expect(disk.take()).toEqual(['sync a']);
  });

  test('waits for one that is under way', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, bytes, { again: true });
    const release = disk.hold('sync a');
    let synced = 0;
    const done = (): void => void synced++;
    const both = [files.syncSome(['a']).then(done), files.syncSome(['a']).then(done)];
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect([synced, disk.calls.filter((call) => call === 'sync a').length]).toEqual([0, 1]);
    release();
    await Promise.all(both);
    expect(synced).toBe(2);
  });

  test('leaves threads to commits, unless a commit waits for it', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `segment-${n}`);
    const waitingSyncs = async (sync: (files: OpenFiles) => Promise<void>): Promise<number[]> => {
      const { disk, files } = filesOn();
      for (const name of names) await files.write(name, 0, bytes, { again: true });
      disk.take();
      let waiting = 0;
      const most: number[] = [];
      disk.intercept = async (call) => {
        if (!call.startsWith('sync')) return;
        most.push(++waiting);
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        waiting--;
      };
      await sync(files);
      expect(disk.calls.filter((call) => call.startsWith('sync'))).toHaveLength(names.length + 1);
      return most;
    };
    expect(Math.max(...(await waitingSyncs((files) => files.syncWritten())))).toBe(2);
    expect(Math.max(...(await waitingSyncs((files) => files.syncSome(names))))).toBe(names.length + 1);
  });

  test('of some that failed is of the others all the same', async () => {
    const { disk, files } = filesOn();
    for (const name of ['a', 'b', 'c', 'd']) await files.write(name, 0, bytes, { again: true });
    disk.fail('sync a');
    await expect(files.syncWritten()).rejects.toMatchObject({ code: 'EIO' });
    disk.intercept = () => {};
    disk.take();
    await files.syncWritten();
    expect(disk.take()).toEqual(['open a', 'sync a']);
  });

  test('that failed for what can be written again is made again', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, bytes, { again: true });
    disk.fail('sync a');
    await expect(files.syncWritten()).rejects.toMatchObject({ code: 'EIO' });
    expect(files.lost).toBeUndefined();
    disk.intercept = () => {};
    await files.syncWritten();
    expect(disk.calls.at(-1)).toMatch(/^sync/);
  });

  test('that failed for what nothing else holds is never taken for done', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, bytes, { again: false });
    disk.fail('sync a');
    await expect(files.syncWritten()).rejects.toMatchObject({ code: 'EIO' });
    disk.intercept = () => {};
    // The system may have dropped the pages: the next sync would succeed without them.
    await expect(files.syncWritten()).rejects.toMatchObject({ code: 'EIO' });
    await expect(files.syncSome(['b'])).rejects.toMatchObject({ code: 'EIO' });
    expect(files.lost).toMatchObject({ code: 'EIO' });
  });

  test('that failed after one that succeeded loses nothing of before', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, bytes, { again: false });
    await files.syncWritten();
    await files.write('a', 4, bytes, { again: true });
    disk.fail('sync a');
    await expect(files.syncWritten()).rejects.toMatchObject({ code: 'EIO' });
    expect(files.lost).toBeUndefined();
  });
});

test('what is written during a sync is not synced by it, and is lost where the next one fails', async () => {
  const { disk, files } = filesOn();
  await files.write('a', 0, bytes, { again: false });
  const release = disk.hold('sync a');
  const first = files.syncWritten();
  while (!disk.calls.includes('sync a')) await nextTurn();
  await files.write('a', 4, bytes, { again: false });
  release();
  await first;
  disk.fail('sync a');
  await expect(files.syncWritten()).rejects.toMatchObject({ code: 'EIO' });
  expect(files.lost).toMatchObject({ code: 'EIO' });
});

describe('files', () => {
  test('that are in use are closed by their last user', async () => {
    const { disk, files } = filesOn(1);
    await files.write('a', 0, bytes, { again: true });
    const release = disk.hold('read a');
    const read = files.read('a', 0, 4);
    await nextTurn();
    await files.write('b', 0, bytes, { again: true });
    await nextTurn();
    expect(disk.calls).not.toContain('close a');
    release();
    expect(String(await read)).toBe('some');
    await nextTurn();
    expect(disk.calls.filter((call) => call === 'close a')).toHaveLength(1);
    files.close();
    await nextTurn();
    expect(disk.calls.filter((call) => call === 'close b')).toHaveLength(1);
  });

  test('that are read whole do not stay open', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, bytes, { again: true });
    await files.readWhole('a');
    await nextTurn();
    expect(disk.calls.at(-1)).toBe('close a');
  });

  test('stay open for the next use, the least recently used go first', async () => {
    const { disk, files } = filesOn(2);
    for (const name of ['a', 'b', 'a', 'c']) await files.write(name, 0, bytes, { again: true });
    await nextTurn();
    const opened = disk.take().filter((call) => /^(create|open|close)/u.test(call));
    expect(opened).toEqual(['create a', 'create b', 'create c', 'close b']);
    await files.read('b', 0, 4);
    await nextTurn();
    expect(disk.take()).toEqual(expect.arrayContaining(['open b', 'read b', 'close a']));
  });

  test('are cut, replaced, read whole, and forgotten', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, [Buffer.from('abcdef')], { again: true });
    await files.cut('a', 3);
    expect(String(await readWhole(disk, 'a'))).toBe('abc');
    await files.replace('a', Buffer.from('x'));
    expect(String(await files.readWhole('a'))).toBe('x');
    await nextTurn();
    disk.take();
    files.forget(['a']);
    // Of one that is gone nothing is left to sync.
    await files.syncWritten();
    expect(disk.take()).toEqual([]);
  });

  test('that cannot be read are an error that says which', async () => {
    const { disk, files } = filesOn();
    await files.write('a', 0, bytes, { again: true });
    disk.fail('read a');
    await expect(files.read('a', 0, 4)).rejects.toThrow(/Could not read a in memory: EIO/u);
  });
});
