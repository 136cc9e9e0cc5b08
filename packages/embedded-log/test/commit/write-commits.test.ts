import { isLogError } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { readWhole } from '../../src/files/read-whole.ts';
import { journalName, segmentName } from '../../src/format/file-names.ts';
import { MemoryFileSystem } from '../../src/index.ts';
import { type EncodedCommit, encodeCommit } from '../../src/storage/commit/encode-commit.ts';
import { Journal } from '../../src/storage/commit/journal.ts';
import { Tails } from '../../src/storage/commit/tails.ts';
import { writeCommits } from '../../src/storage/commit/write-commits.ts';
import { WatchedFileSystem } from '../simulation/watched-file-system.ts';
import { changeOf, type Entry, stateOn } from './parts.ts';

const journalFile = journalName(1);

async function parts() {
  const disk = new WatchedFileSystem(new MemoryFileSystem());
  const { files, log, other } = stateOn(disk);
  const journal = new Journal(disk, await disk.open(journalFile, 'create'), {
    end: { id: 1, position: 0, sequence: 0, crc: 0 },
    durableUpTo: 0,
  });
  disk.take();
  const limits = { segmentBytes: 1 << 30, segmentMs: 1 << 30 };
  const tails = new Tails({ limitsOf: () => limits, now: 60, nextFileId: 10 });
  let [sequence, previousCrc] = [0, 0];
  const encode = (size: 'small' | 'large', ...entries: Entry[]): EncodedCommit => {
    const position = { sequence: ++sequence, previousCrc, journalId: 1, durableUpTo: 0 };
    const commit = encodeCommit(changeOf(...entries), {
      tails,
      position,
      now: 60,
      isDirect: size === 'large',
    });
    previousCrc = commit.frame.crc;
    return commit;
  };
  return { disk, files, log, other, journal, encode };
}

const framesOf = (commits: readonly EncodedCommit[]): Buffer =>
  Buffer.concat(commits.map(({ frame }) => frame.bytes));
const nameOf = ({ runs }: EncodedCommit, run = 0): string => segmentName(runs[run]!);

describe('commits that are written together', () => {
  test('are one write to the journal where all are small', async () => {
    const { disk, files, log, journal, encode } = await parts();
    const commits = [encode('small', [log, ['a']]), encode('small', [log, ['b']])];
    expect(await writeCommits(files, journal, commits)).toEqual(new Set());
    expect(disk.take()).toEqual([`write ${journalFile}`]);
    expect(await readWhole(disk, journalFile)).toEqual(framesOf(commits));
    expect(journal.place).toMatchObject({ sequence: 2, crc: commits[1]!.frame.crc });
  });

  test('write the batches of large ones to their places, those side by side at once', async () => {
    const { disk, files, log, other, journal, encode } = await parts();
    const commits = [
      encode('large', [log, ['a']], [other, ['b']]),
      encode('large', [log, ['c']]),
      encode('small', [log, ['d']]),
      encode('large', [log, ['e']]),
    ];
    const [first, second] = [nameOf(commits[0]!), nameOf(commits[0]!, 1)];
    expect(await writeCommits(files, journal, commits)).toEqual(new Set([first, second]));
    expect(
      disk
        .take()
        .filter((call) => call.startsWith('write'))
        .toSorted(),
    ).toEqual([`write ${journalFile}`, `write ${first}`, `write ${first}`, `write ${second}`].toSorted());
    const segment = await readWhole(disk, first);
    for (const { runs, direct } of [commits[0]!, commits[1]!, commits[3]!]) {
      const { position, length } = runs[0]!;
      expect(segment.subarray(position, position + length)).toEqual(direct![0]);
    }
    expect(await readWhole(disk, second)).toEqual(commits[0]!.direct![1]);
    expect(await readWhole(disk, journalFile)).toEqual(framesOf(commits));
  });
});

describe('commits that cannot be written', () => {
  test('to a segment are cut from there and from the journal, and the log goes on', async () => {
    const { disk, files, log, other, journal, encode } = await parts();
    const before = [encode('large', [log, ['a']])];
    await writeCommits(files, journal, before);
    const { place } = journal;
    const commits = [
      encode('large', [log, ['b']], [other, ['c']]),
      encode('small', [log, ['d']]),
      encode('large', [log, ['e']]),
    ];
    const [first, second] = [nameOf(commits[0]!), nameOf(commits[0]!, 1)];
    disk.take();
    disk.fail(`write ${second}`, 'ENOSPC');
    const error = await writeCommits(files, journal, commits).catch((failure: unknown) => failure);
    expect(isLogError(error, 'LOG_FULL')).toBe(true);
    expect(String(error)).toMatch(/write to a segment.*nothing of this commit was kept/u);
    expect(disk.take()).toEqual(
      expect.arrayContaining([`truncate ${first}`, `truncate ${second}`, `truncate ${journalFile}`]),
    );
    expect(journal.place).toEqual(place);
    expect(await readWhole(disk, first)).toEqual(before[0]!.direct![0]);
    expect(await readWhole(disk, second)).toEqual(Buffer.alloc(0));
    expect(await readWhole(disk, journalFile)).toEqual(framesOf(before));
  });

  test('to a segment leave an error that is no LogError where the journal cannot be cut back', async () => {
    const { disk, files, log, journal, encode } = await parts();
    const commit = encode('large', [log, ['a']]);
    disk.intercept = (call) => {
      if (call === `write ${nameOf(commit)}` || call === `truncate ${journalFile}`) throw new Error(call);
    };
    await expect(writeCommits(files, journal, [commit])).rejects.toEqual(
      new Error(`truncate ${journalFile}`),
    );
  });

  test('to a segment are refused all the same where that cannot be cut: its end means nothing', async () => {
    const { disk, files, log, journal, encode } = await parts();
    const commit = encode('large', [log, ['a']]);
    disk.intercept = (call) => {
      if (call.endsWith(nameOf(commit)) && !call.startsWith('create')) throw new Error(call);
    };
    await expect(writeCommits(files, journal, [commit])).rejects.toMatchObject({ code: 'LOG_IO' });
    expect(journal.place).toEqual({ position: 0, sequence: 0, crc: 0 });
  });

  test.each(['small', 'large'] as const)('to the journal are refused with its error, %s', async (size) => {
    const { disk, files, log, journal, encode } = await parts();
    disk.fail(`write ${journalFile}`, 'EIO');
    const error = await writeCommits(files, journal, [encode(size, [log, ['a']])]).catch(
      (failure: unknown) => failure,
    );
    expect(String(error)).toContain('write to the journal');
    expect(disk.take().filter((call) => call === `truncate ${journalFile}`)).toHaveLength(1);
    expect(journal.place).toEqual({ position: 0, sequence: 0, crc: 0 });
  });
});
