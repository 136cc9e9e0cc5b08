import { isLogError, noHeaders } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { journalName, segmentName } from '../src/format/file-names.ts';
import { EmbeddedLog } from '../src/index.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk } from './simulation/simulated-disk.ts';

const place = [{ topic: 't', partition: 0 }];

type Files = Map<string, Buffer>;

/** The files of a log with so many commits, of which those above 16 KiB went straight to their segment. */
async function filesOf(values: readonly string[], options: Parameters<typeof EmbeddedLog.openOn>[1] = {}) {
  const disk = new SimulatedDisk(new Random(1));
  const log = await EmbeddedLog.openOn(disk.boot(), options);
  await log.admin.createTopics([{ name: 't', partitions: 1 }]);
  const producer = await log.producer();
  for (const value of values) {
    await producer.send([{ ...place[0]!, records: [{ key: 'k', value, timestamp: 0, headers: noHeaders }] }]);
  }
  return { disk, log, files: (): Files => new Map(disk.contents()) };
}

const holding = (files: Files): SimulatedDisk => SimulatedDisk.holding(files, new Random(1));

/** The end offset of what the files hold; the error where they are refused. */
async function endOf(disk: SimulatedDisk): Promise<number | string> {
  try {
    const log = await EmbeddedLog.openOn(disk.boot());
    const [range] = await log.admin.offsets(place);
    await log.close();
    return range!.end;
  } catch (error) {
    if (isLogError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
}

const named = (files: Files, start: string): string[] =>
  [...files.keys()].filter((name) => name.startsWith(start)).toSorted();
const slots = (files: Files): string[] => named(files, 'checkpoint-');
const without = (files: Files, names: readonly string[]): Files =>
  new Map([...files].filter(([name]) => !names.includes(name)));
const segmentsIn = (files: Files): string[] => [...files.keys()].filter((name) => name.endsWith('.log'));

describe('a folder without a readable checkpoint', () => {
  test.each([
    ['a segment', segmentName({ topicId: 1, partition: 0, baseOffset: 0, fileId: 1 }), ''],
    ['a journal with something in it', journalName(1), 'something'],
    ['a later journal, empty or not', journalName(2), ''],
  ])('with %s is refused by the name of that', async (_, name, content) => {
    const disk = holding(new Map([[name, Buffer.from(content)]]));
    expect(await endOf(disk)).toContain(`has data (${name}) but no readable checkpoint`);
    expect(disk.names()).toEqual([name]);
  });

  test('with only what a crash at the very start leaves is a new log', async () => {
    for (const names of [[], [journalName(1)], ['notes.txt']]) {
      const disk = holding(new Map(names.map((name) => [name, Buffer.alloc(0)])));
      const log = await EmbeddedLog.openOn(disk.boot());
      expect(await log.admin.topics()).toEqual(new Map());
      await log.close();
    }
  });

  test('is refused when checkpoints are gone or damaged', async () => {
    const { log, files } = await filesOf(['a', 'b']);
    await log.close();
    const all = files();
    expect(await endOf(holding(without(all, slots(all))))).toMatch(/^LOG_CORRUPT .*no readable checkpoint/);
    const damaged = new Map(all);
    for (const slot of slots(all)) damaged.set(slot, Buffer.alloc(10));
    expect(await endOf(holding(damaged))).toMatch(/^LOG_CORRUPT .*no readable checkpoint/);
  });
});

describe('a segment that a checkpoint names', () => {
  test('must be there, and as long as the checkpoint says', async () => {
    const { log, files } = await filesOf(['a', 'b']);
    await log.close();
    const all = files();
    expect(await endOf(holding(all))).toBe(2);
    const [segment] = segmentsIn(all);
    expect(await endOf(holding(without(all, [segment!])))).toContain(`segment ${segment} is missing`);
    const bytes = all.get(segment!)!;
    const short = new Map(all).set(segment!, bytes.subarray(0, -1));
    expect(await endOf(holding(short))).toContain(
      `segment ${segment} has ${bytes.length - 1} of ${bytes.length} bytes`,
    );
  });

  test('is cut to what was committed, where it is longer', async () => {
    const { log, files } = await filesOf(['a', 'b']);
    await log.close();
    const all = files();
    const [segment] = segmentsIn(all);
    const bytes = all.get(segment!)!;
    const disk = holding(new Map(all).set(segment!, Buffer.concat([bytes, Buffer.alloc(100, 1)])));
    expect(await endOf(disk)).toBe(2);
    expect(disk.contents().get(segment!)).toEqual(bytes);
  });
});

describe('what a killed log leaves', () => {
  const large = 'x'.repeat(300_000);

  test('is read from its journal, and a torn end of that is cut off', async () => {
    const { files } = await filesOf(['a', 'b', 'c']);
    const all = files();
    const [journal] = named(all, 'journal-').slice(-1);
    const bytes = all.get(journal!)!;
    expect(await endOf(holding(all))).toBe(3);
    const torn = holding(new Map(all).set(journal!, Buffer.concat([bytes, Buffer.alloc(50, 7)])));
    const log = await EmbeddedLog.openOn(torn.boot());
    expect(await log.admin.offsets(place)).toEqual([{ start: 0, end: 3 }]);
    // Opening notes that all of it is durable, in a frame of its own; nothing of the torn end is behind it.
    expect(torn.contents().get(journal!)!.includes(Buffer.alloc(50, 7))).toBe(false);
    expect(await endOf(torn)).toBe(3);
  });

  test('loses a later journal that does not follow, with what it names', async () => {
    const { files } = await filesOf(['a']);
    const all = files();
    const stray = journalName(99);
    const disk = holding(new Map(all).set(stray, Buffer.alloc(200, 3)));
    expect(await endOf(disk)).toBe(1);
    expect(disk.names()).not.toContain(stray);
  });

  test('has large commits in their segment: one that did not all get there never was', async () => {
    const { files } = await filesOf([large]);
    const all = files();
    const [segment] = segmentsIn(all);
    const bytes = all.get(segment!)!;
    expect(bytes.length).toBeGreaterThan(large.length);
    expect(await endOf(holding(all))).toBe(1);
    expect(await endOf(holding(without(all, [segment!])))).toBe(0);
    const changed = Buffer.from(bytes);
    changed[1000] = changed[1000]! ^ 1;
    expect(await endOf(holding(new Map(all).set(segment!, changed)))).toBe(0);
    expect(await endOf(holding(new Map(all).set(segment!, bytes.subarray(0, -1))))).toBe(0);
  });

  test.each([1, 2])('has those that a later commit proves to be durable, after %i more', async (more) => {
    const { files } = await filesOf([large, 'after', 'later'].slice(0, 1 + more));
    const all = files();
    const [segment] = segmentsIn(all);
    expect(await endOf(holding(all))).toBe(1 + more);
    expect(await endOf(holding(without(all, [segment!])))).toContain(`segment ${segment} is missing`);
    const cut = new Map(all).set(segment!, all.get(segment!)!.subarray(0, 1000));
    expect(await endOf(holding(cut))).toMatch(new RegExp(`segment ${segment} has 1000 of \\d+ bytes`));
  });
});
