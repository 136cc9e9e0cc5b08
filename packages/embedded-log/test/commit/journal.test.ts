import { isLogError } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { readWhole } from '../../src/files/read-whole.ts';
import { journalName } from '../../src/format/file-names.ts';
import { type DecodedFrame, decodeFrame } from '../../src/format/frame.ts';
import { MemoryFileSystem } from '../../src/index.ts';
import { Journal } from '../../src/storage/commit/journal.ts';
import { WatchedFileSystem } from '../simulation/watched-file-system.ts';

const [first, second] = [journalName(7), journalName(8)];
const bytes = (...lengths: number[]): Buffer[] => lengths.map((length, n) => Buffer.alloc(length, n + 1));

async function openJournal({
  durableUpTo = 20,
  predecessor,
}: {
  durableUpTo?: number;
  predecessor?: Promise<void>;
} = {}) {
  const disk = new WatchedFileSystem(new MemoryFileSystem());
  const file = await disk.open(first, 'create');
  disk.take();
  const end = { id: 7, position: 0, sequence: 20, crc: 99 };
  const journal = new Journal(disk, file, {
    end,
    durableUpTo,
    ...(predecessor === undefined ? {} : { predecessor }),
  });
  return { disk, journal, content: (name = first) => readWhole(disk, name) };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

function frameOf(source: Buffer, journalId: number): DecodedFrame {
  return decodeFrame(source, 0, journalId)!;
}

describe('frames of a journal', () => {
  test('go after each other, and move its place on', async () => {
    const { journal, content } = await openJournal();
    expect(journal.place).toEqual({ position: 0, sequence: 20, crc: 99 });
    expect(journal.isEmpty).toBe(true);
    await journal.append(bytes(3, 4), 22, 5);
    await journal.append(bytes(2), 23, 6);
    expect(journal.place).toEqual({ position: 9, sequence: 23, crc: 6 });
    expect(journal.isEmpty).toBe(false);
    expect(await content()).toEqual(Buffer.concat([...bytes(3, 4), ...bytes(2)]));
  });

  test('that could not be written are cut off: the file and its place are as before', async () => {
    const { disk, journal, content } = await openJournal();
    await journal.append(bytes(3), 21, 5);
    disk.take();
    disk.fail(`write ${first}`, 'ENOSPC');
    const error = await errorOf(journal.append(bytes(4), 22, 6));
    expect(isLogError(error, 'LOG_FULL')).toBe(true);
    expect(String(error)).toMatch(/write to the journal.*nothing of this commit was kept/u);
    expect(disk.take()).toEqual([`write ${first}`, `truncate ${first}`]);
    expect(journal.place).toEqual({ position: 3, sequence: 21, crc: 5 });
    expect(await content()).toEqual(Buffer.alloc(3, 1));
  });

  test('that could be neither written nor cut off are no error of one commit', async () => {
    const { disk, journal } = await openJournal();
    disk.intercept = (call) => {
      if (/^(write|truncate)/u.test(call)) throw new Error(call);
    };
    expect(await errorOf(journal.append(bytes(4), 22, 6))).toEqual(new Error(`truncate ${first}`));
  });

  test('are taken back to a place', async () => {
    const { journal, content } = await openJournal();
    await journal.append(bytes(3), 21, 5);
    const { place } = journal;
    await journal.append(bytes(4), 22, 6);
    await journal.cutBack(place);
    expect(journal.place).toEqual({ position: 3, sequence: 21, crc: 5 });
    expect(await content()).toEqual(Buffer.alloc(3, 1));
  });
});

describe('how far a journal is durable', () => {
  test('never goes back', async () => {
    const { journal } = await openJournal();
    journal.isDurableUpTo(25);
    journal.isDurableUpTo(23);
    expect(journal.durableUpTo).toBe(25);
  });

  test('is noted in a frame that a recovery reads', async () => {
    const { journal, content } = await openJournal();
    await journal.mark();
    const frame = frameOf(await content(), 7);
    expect(frame).toMatchObject({ sequence: 21, previousCrc: 99, durableUpTo: 20, event: {}, runs: [] });
    expect(journal.place).toEqual({ position: frame.end, sequence: 21, crc: frame.crc });
  });

  test('is left out where the disk is full, and is an error where that leaves a torn frame', async () => {
    const { disk, journal } = await openJournal();
    disk.fail(`write ${first}`, 'ENOSPC');
    await journal.mark();
    expect(journal.place).toEqual({ position: 0, sequence: 20, crc: 99 });
    disk.intercept = () => {
      throw new Error('broken');
    };
    expect(await errorOf(journal.mark())).toEqual(new Error('broken'));
  });
});

describe('the next journal', () => {
  test('is in the folder for certain before anything is in it, and says how far the first was durable', async () => {
    const { disk, journal, content } = await openJournal({ durableUpTo: 20 });
    await journal.append(bytes(3), 21, 5);
    disk.take();
    const next = await journal.roll();
    await next.earlierSynced;
    expect(disk.take()).toEqual([
      `create ${second}`,
      'sync directory',
      `write ${second}`,
      `sync ${first}`,
      `close ${first}`,
    ]);
    const frame = frameOf(await content(second), 8);
    expect(frame).toMatchObject({ sequence: 22, previousCrc: 5, durableUpTo: 20, event: {} });
    expect(next.id).toBe(8);
    expect(next.follows).toEqual({ sequence: 21, crc: 5 });
    expect(next.place).toEqual({ position: frame.end, sequence: 22, crc: frame.crc });
    expect(next.durableUpTo).toBe(20);
    expect(next.isEmpty).toBe(true);
    await next.append(bytes(1), 23, 6);
    expect(next.isEmpty).toBe(false);
  });

  test('syncs the first no second time where all of it is durable', async () => {
    const { disk, journal } = await openJournal();
    await journal.append(bytes(3), 21, 5);
    journal.isDurableUpTo(21);
    disk.take();
    const next = await journal.roll();
    await next.earlierSynced;
    expect(disk.take()).toEqual([`create ${second}`, 'sync directory', `write ${second}`, `close ${first}`]);
  });

  test('waits with its own sync for that of the first, and of those before it', async () => {
    let release!: () => void;
    const predecessor = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { disk, journal } = await openJournal({ predecessor });
    const next = await journal.roll();
    disk.take();
    let synced = false;
    const sync = next.sync().then(() => {
      synced = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([synced, disk.take()]).toEqual([false, []]);
    release();
    await sync;
    expect(disk.take()).toEqual([`close ${first}`, `sync ${second}`]);
  });

  test('has no sync that succeeds where that of the first failed, and is closed all the same', async () => {
    const { disk, journal } = await openJournal();
    await journal.append(bytes(3), 21, 5);
    disk.fail(`sync ${first}`);
    const next = await journal.roll();
    expect(await errorOf(next.sync())).toMatchObject({ code: 'EIO' });
    expect(await errorOf(next.earlierSynced)).toMatchObject({ code: 'EIO' });
    expect(disk.take()).toContain(`close ${first}`);
    await next.close();
    expect(disk.take()).toEqual([`close ${second}`]);
  });

  test.each([
    ['made', `create ${second}`, [`create ${second}`, `remove ${second}`]],
    [
      'written to',
      `write ${second}`,
      [`create ${second}`, 'sync directory', `write ${second}`, `close ${second}`, `remove ${second}`],
    ],
  ])('that cannot be %s leaves no file, and the first in use', async (_, call, calls) => {
    const { disk, journal } = await openJournal();
    disk.fail(call, 'ENOSPC');
    const error = await errorOf(journal.roll());
    expect(isLogError(error, 'LOG_FULL')).toBe(true);
    expect(String(error)).toContain('start a new journal');
    expect(disk.take()).toEqual(calls);
    await journal.append(bytes(3), 21, 5);
    await journal.sync();
    expect(disk.take()).toEqual([`write ${first}`, `sync ${first}`]);
  });

  test('of a first one that nothing came before has nothing to wait for', async () => {
    const { journal } = await openJournal();
    expect(await journal.earlierSynced).toBeUndefined();
  });
});
