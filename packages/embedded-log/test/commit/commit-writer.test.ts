import { batchSize } from '@millrace/kafka-protocol';
import { isLogError } from '@millrace/log-client';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileSystem } from '../../src/files/file-system.ts';
import { readWhole } from '../../src/files/read-whole.ts';
import { decodeCheckpoint, type LogCheckpoint } from '../../src/format/checkpoint.ts';
import { checkpointSlots, journalName, segmentName } from '../../src/format/file-names.ts';
import { type DecodedFrame, decodeFrame } from '../../src/format/frame.ts';
import type { LogEvent } from '../../src/format/log-event.ts';
import { MemoryFileSystem } from '../../src/index.ts';
import { Checkpointer } from '../../src/storage/checkpointer.ts';
import { CommitWriter, type CommitWriterOptions } from '../../src/storage/commit/commit-writer.ts';
import type { LogChange } from '../../src/storage/commit/encode-commit.ts';
import { newCounters } from '../../src/storage/log-counters.ts';
import type { PartitionLog } from '../../src/storage/partition-log.ts';
import { recover } from '../../src/storage/recovery/recovery.ts';
import { OpenFiles } from '../../src/storage/segments/open-files.ts';
import { WatchedFileSystem } from '../simulation/watched-file-system.ts';
import { changeOf, type Entry } from './parts.ts';

const kibibyte = 1 << 10;
const mebibyte = 1 << 20;
const journal = journalName(1);
const inTurn = { alone: false, bytes: 0 } as const;

async function openWriter(
  options: Partial<CommitWriterOptions> = {},
  memory: FileSystem = new MemoryFileSystem(),
) {
  const disk = new WatchedFileSystem(memory);
  const files = new OpenFiles(disk);
  const { state, journal: first, generation, needed } = await recover(disk, files);
  const writer = new CommitWriter({
    files,
    state,
    journal: first,
    needed,
    checkpointer: new Checkpointer({ fileSystem: disk, files, needed, generation }),
    counters: newCounters(),
    durability: 'commit',
    checkpointBytes: 32 * mebibyte,
    checkpointOnClose: true,
    directBytes: 256 * kibibyte,
    segmentBytes: 64 * mebibyte,
    maxTransactionBytes: 256 * mebibyte,
    now: () => 60,
    ...options,
  });
  const submit = (plan: () => LogChange, alone = false): Promise<number[]> =>
    writer.submit(plan, { ...inTurn, alone });
  const change = (event: LogEvent): Promise<number[]> =>
    submit(() => ({ event, records: [], bytes: 0 }), true);
  if (!state.topics.has('t')) {
    await change({ created: [{ id: 1, uuid: 'one', name: 't', partitions: 2, configs: {} }] });
  }
  const [log, other] = [state.partition('t', 0), state.partition('t', 1)];
  const send = (...entries: Entry[]): Promise<number[]> => submit(() => changeOf(...entries));
  disk.take();
  return { disk, files, state, writer, needed, log, other, submit, change, send };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
}

async function framesIn(disk: FileSystem, id = 1): Promise<DecodedFrame[]> {
  const bytes = await readWhole(disk, journalName(id));
  const frames: DecodedFrame[] = [];
  for (let at = 0; ; at = frames.at(-1)!.end) {
    const frame = decodeFrame(bytes, at, id);
    if (frame === undefined) return frames;
    frames.push(frame);
  }
}

/** The checkpoints of a folder, the newest first. */
async function checkpointsIn(disk: FileSystem): Promise<LogCheckpoint[]> {
  const names = await disk.list();
  const slots = checkpointSlots.filter((name) => names.includes(name));
  const read = await Promise.all(
    slots.map(async (name) => decodeCheckpoint(await readWhole(disk, name), disk.location)),
  );
  return read
    .filter((checkpoint) => checkpoint !== undefined)
    .toSorted((one, two) => two.generation - one.generation);
}

const writes = (calls: readonly string[], start = 'write journal'): number =>
  calls.filter((call) => call.startsWith(start)).length;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('changes that are submitted in one turn', () => {
  test('share one write and one sync, and get their own offsets', async () => {
    const { disk, log, other, send } = await openWriter();
    const sent = [send([log, ['a', 'b']]), send([log, ['c']], [other, ['d']])];
    expect(await Promise.all(sent)).toEqual([[0], [2, 0]]);
    expect(disk.take()).toEqual([`write ${journal}`, `sync ${journal}`]);
    expect([log.end, other.end]).toEqual([3, 1]);
    const frames = await framesIn(disk);
    const [first, second] = frames.slice(-2);
    expect(second).toMatchObject({
      sequence: first!.sequence + 1,
      previousCrc: first!.crc,
      appendTime: 60,
    });
  });

  test('that are refused have no part in it: the others stand', async () => {
    const { log, submit, send } = await openWriter();
    const refused = submit(() => {
      throw new Error('not now');
    });
    const [error, offsets] = await Promise.all([errorOf(refused), send([log, ['a']])]);
    expect([error, offsets, log.end]).toEqual([new Error('not now'), [0], 1]);
  });

  test('see those before them applied where they must be alone, and only there', async () => {
    const { disk, log, send, submit } = await openWriter();
    const seen: string[] = [];
    const note = (name: string) => () => {
      seen.push(`${name} ${log.end}`);
      return { event: {}, records: [], bytes: 0 };
    };
    await Promise.all([
      send([log, ['a']]),
      submit(note('together')),
      submit(note('alone'), true),
      submit(note('after'), true),
    ]);
    expect(seen).toEqual(['together 0', 'alone 1', 'after 1']);
    expect(writes(disk.take())).toBe(3);
  });

  test('are planned after one that must be alone has been applied', async () => {
    const { log, send, submit } = await openWriter();
    const seen: number[] = [];
    await Promise.all([
      submit(() => changeOf([log, ['alone']]), true),
      submit(() => {
        seen.push(log.end);
        return { event: {}, records: [], bytes: 0 };
      }),
      send([log, ['more']]),
    ]);
    expect(seen).toEqual([1]);
  });

  test('that take 16 MiB or more are written in several groups', async () => {
    const { disk, log, submit } = await openWriter({ directBytes: Infinity });
    const one = changeOf([log, ['a']]);
    const ofSize = (bytes: number) => submit(() => ({ ...one, bytes }));
    await Promise.all([ofSize(16 * mebibyte - 1000), ofSize(1000), ofSize(1000)]);
    expect(writes(disk.take())).toBe(2);
    await Promise.all([ofSize(16 * mebibyte), ofSize(1000)]);
    expect(writes(disk.take())).toBe(2);
    expect(log.end).toBe(5);
  });

  test('are held back where too much waits, until those before them are taken', async () => {
    const { log, writer } = await openWriter({ directBytes: Infinity });
    const sent = Array.from({ length: 4 }, () =>
      writer.submit(() => changeOf([log, ['a']]), { alone: false, bytes: 64 * mebibyte }),
    );
    expect(await Promise.all(sent)).toEqual([[0], [1], [2], [3]]);
  });

  test('wake those who wait for a partition once', async () => {
    const { log, other, send } = await openWriter();
    const [one, two] = [vi.fn<() => void>(), vi.fn<() => void>()];
    const listener = { onAppend: one };
    log.listeners.add(listener);
    other.listeners.add(listener);
    other.listeners.add({ onAppend: two });
    await Promise.all([send([log, ['a']], [other, ['b']]), send([log, ['c']])]);
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 1]);
    await send([log, ['d']]);
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([2, 1]);
  });

  test('wake those who wait where a transaction of a client ends', async () => {
    const { log, change } = await openWriter();
    const onAppend = vi.fn<() => void>();
    log.listeners.add({ onAppend });
    await change({ ended: { producerId: 5, outcome: 'commit', partitions: [[1, 0]] } });
    expect(onAppend).toHaveBeenCalledTimes(1);
  });
});

describe('the size of a commit', () => {
  test('has a limit, which it may reach; one beyond it is undone and leaves nothing', async () => {
    const { disk, log, submit } = await openWriter({ maxTransactionBytes: 1000 });
    const undo = vi.fn<() => void>();
    const ofSize = (bytes: number) => submit(() => ({ ...changeOf([log, ['a']]), bytes, undo }));
    expect(await ofSize(1000)).toEqual([0]);
    expect(undo).not.toHaveBeenCalled();
    const error = await errorOf(ofSize(1001));
    expect(isLogError(error, 'LOG_TOO_LARGE')).toBe(true);
    expect(String(error)).toContain('1001 bytes or more is over the limit of 1000');
    expect([undo.mock.calls.length, log.end]).toEqual([1, 1]);
    expect((await framesIn(disk)).map(({ runs }) => runs.length).slice(-2)).toEqual([0, 1]);
  });

  test('decides whether it goes straight to its segment, with both syncs', async () => {
    const { disk, log, submit } = await openWriter({ directBytes: 1000 });
    const ofSize = (bytes: number) => submit(() => ({ ...changeOf([log, ['a']]), bytes }));
    await ofSize(999);
    expect(disk.take()).toEqual([`write ${journal}`, `sync ${journal}`]);
    await ofSize(1000);
    const name = log.segments[0]!.name;
    const calls = disk.take();
    expect(calls).toEqual(
      expect.arrayContaining([
        `create ${name}`,
        `write ${name}`,
        `write ${journal}`,
        `sync ${name}`,
        `sync ${journal}`,
        'sync directory',
      ]),
    );
    const [inline, direct] = (await framesIn(disk)).slice(-2).map(({ runs }) => runs[0]!);
    expect([inline!.bytes?.length, direct!.bytes]).toEqual([inline!.length, undefined]);
    expect(log.segments[0]!.memory.all.map(({ isStored }) => isStored)).toEqual([false]);
  });

  test('of little for each of many partitions stays in the journal: each segment would be written and synced', async () => {
    const { disk, log, other, submit } = await openWriter({ directBytes: 1000 });
    const entries: Entry[] = [log, other, log, other, log].map((one) => [one, ['a', 'b']]);
    const ofSize = (bytes: number) => submit(() => ({ ...changeOf(...entries), bytes }));
    expect(await ofSize(1249)).toEqual([0, 0, 2, 2, 4]);
    expect(disk.take()).toEqual([`write ${journal}`, `sync ${journal}`]);
    expect(await ofSize(1250)).toEqual([6, 4, 8, 6, 10]);
    expect(disk.take()).toEqual(
      expect.arrayContaining([`sync ${log.segments[0]!.name}`, `sync ${other.segments[0]!.name}`]),
    );
  });

  test('is kept in memory for those who wait for it, though its segment has it', async () => {
    const { disk, log, send } = await openWriter({ directBytes: 0 });
    await send([log, ['nobody waits']]);
    log.listeners.add({ onAppend: () => {} });
    await send([log, ['somebody waits']]);
    const [run, ...more] = log.segments[0]!.memory.all;
    expect([run!.firstOffset, run!.isStored, more.length]).toEqual([1, true, 0]);
    disk.take();
    await send([log, ['x'.repeat(100)]]);
    // Its memory is not written over by the next commit.
    expect(run!.bytes.includes('somebody waits')).toBe(true);
    expect(batchSize(run!.bytes, 0)).toBe(run!.bytes.length);
  });

  test('is kept where somebody waits for one of its partitions, and only of that one', async () => {
    const { log, other, send } = await openWriter({ directBytes: 0 });
    other.listeners.add({ onAppend: () => {} });
    await send([log, ['first']], [other, ['second']]);
    expect([log, other].map(({ segments }) => segments[0]!.memory.all.length)).toEqual([0, 1]);
    await send([log, ['x'.repeat(100)]]);
    expect(other.segments[0]!.memory.all[0]!.bytes.includes('second')).toBe(true);
  });
});

describe('files of segments', () => {
  test('get new numbers, also those that compaction takes meanwhile', async () => {
    const { log, other, writer, state, send } = await openWriter();
    await send([log, ['a']]);
    const first = log.segments[0]!.id.fileId;
    const taken = writer.takeFileIds(3);
    expect(taken).toBe(first + 1);
    await send([other, ['b']]);
    expect(other.segments[0]!.id.fileId).toBe(taken + 3);
    expect(writer.takeFileIds(1)).toBe(taken + 4);
    expect(state.nextFileId).toBe(taken + 4);
  });

  test('are begun by the limits of the topic, or of the log', async () => {
    const { log, change, send } = await openWriter({ segmentBytes: 1 });
    await send([log, ['a']]);
    await send([log, ['b']]);
    expect(log.segments).toHaveLength(2);
    await change({ configured: [[1, { 'segment.bytes': '1000' }]] });
    await send([log, ['c']]);
    await send([log, ['d']]);
    expect(log.segments).toHaveLength(2);
  });

  test('that large commits were written to stay until no checkpoint needs them', async () => {
    const { disk, log, writer, change, send } = await openWriter({ directBytes: 0 });
    await send([log, ['a']]);
    const { name } = log.segments[0]!;
    await change({ deleted: [1] });
    await writer.close();
    const [newest, before] = await checkpointsIn(disk);
    expect([newest!.alsoNeeded.includes(name), before!.alsoNeeded.includes(name)]).toEqual([false, true]);
  });

  test('that compaction put in place and replaced again stay until no checkpoint needs them', async () => {
    const { disk, log, writer, change, send } = await openWriter({ directBytes: 0 });
    await send([log, ['a']]);
    const [{ id, size }] = log.segments as [PartitionLog['segments'][number]];
    const at = { baseOffset: 0, bytes: size, maxTimestamp: 100, firstAppend: 60, lastAppend: 60 };
    const swap = (from: number, to: number) =>
      change({
        swapped: { topicId: 1, partition: 0, from: [from], to: [{ ...at, fileId: to }], cleanedUpTo: 1 },
      });
    const nameOf = (fileId: number): string =>
      segmentName({ topicId: 1, partition: 0, baseOffset: 0, fileId });
    for (const fileId of [50, 51]) {
      const file = await disk.open(nameOf(fileId), 'create');
      await file.write(0, [await readWhole(disk, nameOf(id.fileId))]);
      await file.close();
    }
    await swap(id.fileId, 50);
    await swap(50, 51);
    await writer.close();
    // Two were written, so that what was replaced is off the disk.
    const [newest, before] = await checkpointsIn(disk);
    expect(before!.alsoNeeded).toContain(nameOf(50));
    expect(newest!.topics[0]!.state[0]!.segments.map(({ fileId }) => fileId)).toEqual([51]);
  });
});

describe('what is durable', () => {
  test.each(['interval', 'os'] as const)('is only what sync() made so, with %s', async (durability) => {
    const { disk, log, send, writer } = await openWriter({ durability, directBytes: 0 });
    await send([log, ['a']]);
    const { name } = log.segments[0]!;
    expect(disk.take().filter((call) => call.startsWith('sync'))).toEqual([]);
    await writer.sync();
    expect(disk.take().toSorted()).toEqual(['sync directory', `sync ${journal}`, `sync ${name}`].toSorted());
    await send([log, ['b']]);
    const frames = await framesIn(disk);
    const sequences = frames.map(({ sequence }) => sequence);
    // A frame says what was durable when it was written.
    expect(frames.at(-1)!.durableUpTo).toBe(sequences.at(-2));
    expect(frames.at(-2)!.durableUpTo).toBeLessThan(sequences.at(-2)!);
  });

  test('is each commit before the next one is written, where commits are synced', async () => {
    const { disk, log, send } = await openWriter();
    for (const value of ['a', 'b']) await send([log, [value]]);
    const frames = await framesIn(disk);
    expect(frames.at(-1)!.durableUpTo).toBe(frames.at(-2)!.sequence);
  });
});

describe('a commit that cannot be written', () => {
  test('takes those of its write with it, the last first, and the log goes on', async () => {
    const { disk, log, submit, send } = await openWriter();
    const frames = (await framesIn(disk)).length;
    const undone: string[] = [];
    const undoable = (name: string) =>
      submit(() => ({ ...changeOf([log, [name]]), undo: () => void undone.push(name) }));
    disk.fail(`write ${journal}`, 'ENOSPC');
    const errors = await Promise.all([errorOf(undoable('a')), errorOf(undoable('b'))]);
    expect(errors.map((error) => isLogError(error, 'LOG_FULL'))).toEqual([true, true]);
    expect([undone, log.end]).toEqual([['b', 'a'], 0]);
    disk.intercept = () => {};
    expect(await send([log, ['c']])).toEqual([0]);
    expect(await framesIn(disk)).toHaveLength(frames + 1);
  });

  test.each([
    ['synced', `sync ${journal}`],
    ['cut off again', `truncate ${journal}`],
  ])('nor %s is the last: the log takes no more', async (_, call) => {
    const { disk, log, send, writer } = await openWriter();
    await send([log, ['a']]);
    disk.intercept = (name) => {
      if (name === call || (call.startsWith('truncate') && name === `write ${journal}`))
        throw new Error(name);
    };
    const error = await errorOf(send([log, ['b']]));
    expect(isLogError(error, 'LOG_READ_ONLY')).toBe(true);
    expect((error as Error).cause).toEqual(new Error(call));
    disk.intercept = () => {};
    disk.take();
    expect(await errorOf(send([log, ['c']]))).toBe(error);
    expect(await errorOf(writer.sync())).toBe(error);
    expect(log.end).toBe(1);
    expect(disk.take()).toEqual([]);
    // Nothing more is written when it is closed either.
    await writer.close();
    expect(disk.take()).toEqual([`close ${journal}`]);
    expect(await errorOf(send([log, ['d']]))).toBe(error);
  });

  test('straight to a segment that cannot be synced is the last too', async () => {
    const { disk, log, send } = await openWriter({ directBytes: 0 });
    disk.intercept = (name) => {
      if (name.startsWith('sync') && name.endsWith('.log')) throw new Error(name);
    };
    expect(await errorOf(send([log, ['a']]))).toMatchObject({ code: 'LOG_READ_ONLY' });
    expect(log.end).toBe(0);
  });

  test('begins no other journal, however long the present one is', async () => {
    const { disk, log, send } = await openWriter({ checkpointBytes: 1 });
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    disk.take();
    disk.intercept = (call) => {
      if (call.startsWith('sync journal')) throw new Error(call);
    };
    expect(await errorOf(send([log, ['a']]))).toMatchObject({ code: 'LOG_READ_ONLY' });
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    expect(disk.take().filter((call) => call.startsWith('create'))).toEqual([]);
  });

  test('in the background, where sync() fails, is the last', async () => {
    const { disk, log, send, writer } = await openWriter({ durability: 'os' });
    await send([log, ['a']]);
    disk.fail(`sync ${journal}`);
    const error = await errorOf(writer.sync());
    expect(isLogError(error, 'LOG_READ_ONLY')).toBe(true);
    expect(await errorOf(send([log, ['b']]))).toBe(error);
  });
});

describe('a checkpoint', () => {
  const small = { checkpointBytes: 500 };
  const value = ['x'.repeat(400)];

  test('is written once the journal is as long as it should be, and commits go on in the next', async () => {
    const { disk, log, send } = await openWriter(small);
    await send([log, ['short']]);
    await nextTurn();
    expect(disk.take()).not.toContain(`create ${journalName(2)}`);
    await send([log, value]);
    await vi.waitFor(async () => expect((await checkpointsIn(disk))[0]!.journalId).toBe(2));
    await send([log, ['after']]);
    expect((await framesIn(disk, 2)).at(-1)!.runs[0]!.firstOffset).toBe(2);
    const [newest] = await checkpointsIn(disk);
    expect(newest!.topics[0]!.state[0]!.end).toBe(2);
  });

  test('for which no journal can be begun is tried again after as much again', async () => {
    const { disk, log, send } = await openWriter(small);
    disk.fail(`create ${journalName(2)}`, 'ENOSPC');
    await send([log, value]);
    await vi.waitFor(() => expect(disk.calls).toContain(`remove ${journalName(2)}`));
    disk.intercept = () => {};
    disk.take();
    await send([log, ['a']]);
    await nextTurn();
    expect(disk.take()).not.toContain(`create ${journalName(2)}`);
    await send([log, value]);
    await vi.waitFor(() => expect(disk.calls).toContain(`create ${journalName(2)}`));
  });

  test('whose journal may not survive a crash ends the log', async () => {
    const { disk, log, send } = await openWriter(small);
    disk.fail('sync directory');
    await send([log, value]);
    expect(await errorOf(send([log, ['a']]))).toMatchObject({ code: 'LOG_READ_ONLY' });
  });

  test('that could not be written is tried again after as much again', async () => {
    const { disk, log, send } = await openWriter(small);
    const slotWrites = (): number => writes(disk.calls, 'write checkpoint');
    disk.intercept = (call) => {
      if (call.startsWith('write checkpoint')) throw new Error(call);
    };
    await send([log, value]);
    await vi.waitFor(() => expect(slotWrites()).toBe(1));
    await nextTurn();
    disk.intercept = () => {};
    await send([log, ['a']]);
    await nextTurn();
    expect([slotWrites(), disk.calls.includes(`create ${journalName(3)}`)]).toEqual([1, false]);
    await send([log, value]);
    await vi.waitFor(async () => expect((await checkpointsIn(disk))[0]!.journalId).toBe(3));
  });

  test('that loses what nothing else holds ends the log', async () => {
    const { disk, log, send } = await openWriter({ durability: 'os', directBytes: 0, checkpointBytes: 200 });
    disk.intercept = (call) => {
      if (call.startsWith('sync') && call.endsWith('.log')) throw new Error(call);
    };
    await send([log, ['a']]);
    await vi.waitFor(async () => expect(String(await errorOf(send([log, ['b']])))).toContain('LogError'));
    expect(await errorOf(send([log, ['c']]))).toMatchObject({ code: 'LOG_READ_ONLY' });
  });

  test('is waited for by commits that are far ahead of it, and only by those', async () => {
    const { disk, log, send } = await openWriter(small);
    let release!: () => void;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    disk.intercept = (call) => (call.startsWith('write checkpoint') ? released : undefined);
    let committed = 0;
    const all = (async () => {
      for (let n = 0; n < 12; n++) {
        await send([log, value]);
        committed++;
      }
    })();
    await vi.waitFor(() => expect(committed).toBeGreaterThanOrEqual(4));
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    // Four times 500 bytes are 4 commits of about 560 after the one that made it due.
    expect(committed).toBeLessThan(8);
    expect(disk.calls.filter((call) => call.startsWith('create journal'))).toEqual([
      `create ${journalName(2)}`,
    ]);
    release();
    disk.intercept = () => {};
    await all;
    expect(committed).toBe(12);
  });
});

describe('what was deleted', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function settle(disk: FileSystem, generation: number): Promise<void> {
    for (let turn = 0; turn < 500; turn++) {
      await nextTurn();
      if ((await checkpointsIn(disk))[0]!.generation === generation) return;
    }
    throw new Error(`no checkpoint ${generation}`);
  }

  test('is off the disk after two checkpoints, which begin half a second later', async () => {
    const { disk, log, send, change } = await openWriter({ directBytes: 0 });
    await send([log, ['a']]);
    const { name } = log.segments[0]!;
    const [{ generation }] = (await checkpointsIn(disk)) as [LogCheckpoint];
    await change({ deleted: [1] });
    await nextTurn();
    expect((await checkpointsIn(disk))[0]!.generation).toBe(generation);
    vi.advanceTimersByTime(500);
    await settle(disk, generation + 2);
    await nextTurn();
    expect(await disk.list()).not.toContain(name);
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    expect((await checkpointsIn(disk))[0]!.generation).toBe(generation + 2);
  });

  test('is off the disk when the log was closed before that', async () => {
    const { disk, log, send, change, writer } = await openWriter({ directBytes: 0 });
    await send([log, ['a']]);
    const { name } = log.segments[0]!;
    await change({ deleted: [1] });
    await writer.close();
    expect(await disk.list()).not.toContain(name);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('before a log was killed goes after the next opening though its checkpoint has it', async () => {
    const memory = new MemoryFileSystem();
    const first = await openWriter({ directBytes: 0 }, memory);
    await first.send([first.log, ['a']]);
    const { name } = first.log.segments[0]!;
    await first.writer.close();
    const second = await openWriter({}, memory);
    await second.change({ deleted: [1] });
    second.disk.intercept = () => {
      throw new Error('killed');
    };
    const { disk } = await openWriter({}, memory);
    const [{ generation }] = (await checkpointsIn(disk)) as [LogCheckpoint];
    vi.advanceTimersByTime(500);
    await settle(disk, generation + 2);
    await nextTurn();
    expect(await disk.list()).not.toContain(name);
  });

  test('by a log that was killed between its two checkpoints goes after the next opening', async () => {
    const memory = new MemoryFileSystem();
    const first = await openWriter({ directBytes: 0 }, memory);
    await first.send([first.log, ['a']]);
    const { name } = first.log.segments[0]!;
    await first.change({ deleted: [1] });
    // The second one does not come about.
    let slots = 0;
    first.disk.intercept = (call) => {
      if (call.startsWith('write checkpoint') && ++slots === 2) throw new Error('killed');
    };
    await expect(first.writer.close()).rejects.toThrow('killed');
    const { disk } = await openWriter({}, memory);
    const [{ generation }] = (await checkpointsIn(disk)) as [LogCheckpoint];
    expect(await disk.list()).toContain(name);
    vi.advanceTimersByTime(500);
    await settle(disk, generation + 2);
    await nextTurn();
    expect(await disk.list()).not.toContain(name);
  });

  test('by a log that was killed goes off the disk after the next opening', async () => {
    const memory = new MemoryFileSystem();
    const before = await openWriter({ directBytes: 0 }, memory);
    await before.send([before.log, ['a']]);
    const { name } = before.log.segments[0]!;
    await before.change({ deleted: [1] });
    before.disk.intercept = () => {
      throw new Error('killed');
    };
    const { disk } = await openWriter({}, memory);
    expect(await disk.list()).toContain(name);
    const [{ generation }] = (await checkpointsIn(disk)) as [LogCheckpoint];
    vi.advanceTimersByTime(500);
    await settle(disk, generation + 2);
    await nextTurn();
    expect(await disk.list()).not.toContain(name);
  });

  test('takes no checkpoints where there was nothing', async () => {
    const { change } = await openWriter();
    await change({});
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a writer that is closed', () => {
  test('ends what was submitted, refuses what comes, and writes a last checkpoint', async () => {
    const { disk, log, send, writer } = await openWriter();
    const sent = [send([log, ['a']]), send([log, ['b']])];
    const closed = writer.close();
    const error = await errorOf(send([log, ['c']]));
    expect(isLogError(error, 'LOG_CLOSED')).toBe(true);
    expect(String(error)).toContain('The log in memory is closed');
    expect(await Promise.all(sent)).toEqual([[0], [1]]);
    await closed;
    expect(disk.take().at(-1)).toBe(`close ${journalName(2)}`);
    const [newest] = await checkpointsIn(disk);
    expect(newest!.topics[0]!.state[0]!.end).toBe(2);
    expect(await errorOf(send([log, ['d']]))).toMatchObject({ code: 'LOG_CLOSED' });
  });

  test('begins no journal and no checkpoint before what is being written has been', async () => {
    const { disk, log, send, writer } = await openWriter();
    const release = disk.hold(`write ${journal}`);
    const sent = send([log, ['a']]);
    await vi.waitFor(() => expect(disk.calls).toContain(`write ${journal}`));
    const closed = writer.close();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(disk.take()).toEqual([`write ${journal}`]);
    release();
    expect(await sent).toEqual([0]);
    await closed;
    expect((await checkpointsIn(disk))[0]!.topics[0]!.state[0]!.end).toBe(1);
  });

  test('has nothing to write where nothing was committed since it was opened', async () => {
    const memory = new MemoryFileSystem();
    const before = await openWriter({}, memory);
    await before.writer.close();
    const { disk, writer } = await openWriter({}, memory);
    const [{ generation }] = (await checkpointsIn(disk)) as [LogCheckpoint];
    await writer.close();
    // The frame that opening the log wrote counts as something.
    expect((await checkpointsIn(disk))[0]!.generation - generation).toBeLessThanOrEqual(1);
    expect(disk.calls.filter((call) => call.startsWith('close journal'))).toHaveLength(2);
  });

  test('writes no checkpoint where checkpointOnClose is false', async () => {
    const { disk, log, send, writer } = await openWriter({ checkpointOnClose: false });
    await send([log, ['a']]);
    disk.take();
    await writer.close();
    expect(disk.take()).toEqual([`close ${journal}`]);
  });

  test('waits for a checkpoint that is being written', async () => {
    const { disk, log, send, writer } = await openWriter({ checkpointBytes: 1 });
    await send([log, ['a']]);
    await writer.close();
    const slots = disk.calls.filter((call) => call.startsWith('write checkpoint'));
    expect(slots.length).toBeGreaterThanOrEqual(1);
    expect(disk.calls.at(-1)).toMatch(/^close journal/u);
    expect((await checkpointsIn(disk))[0]!.topics[0]!.state[0]!.end).toBe(1);
  });

  test.each([
    ['journal', `create ${journalName(2)}`],
    ['checkpoint', 'write checkpoint'],
  ])('says so where the last %s cannot be written, and closes its files', async (_, failing) => {
    const { disk, log, send, writer } = await openWriter();
    await send([log, ['a']]);
    disk.intercept = (call) => {
      if (call.startsWith(failing)) throw new Error(call);
    };
    const error = await errorOf(writer.close());
    expect(isLogError(error, 'LOG_IO')).toBe(true);
    expect(String(error)).toContain('write the last checkpoint in memory');
    expect(disk.calls.at(-1)).toMatch(/^close journal/u);
  });
});
