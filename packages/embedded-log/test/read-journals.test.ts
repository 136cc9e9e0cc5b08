import { isLogError } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { journalName } from '../src/format/file-names.ts';
import { decodeFrame, FrameBuilder } from '../src/format/frame.ts';
import { MemoryFileSystem } from '../src/index.ts';
import { readJournals } from '../src/storage/recovery/read-journals.ts';

interface Written {
  readonly bytes: Buffer;
  readonly crc: number;
}

/** A frame that follows one with the checksum `previousCrc`. */
function frame(journalId: number, sequence: number, previousCrc: number, durableUpTo = 0): Written {
  const place = { sequence, previousCrc, journalId, durableUpTo };
  const bytes = Buffer.from(new FrameBuilder({}, sequence).finish(place).bytes);
  return { bytes, crc: decodeFrame(bytes, 0, journalId)!.crc };
}

/** Frames `from` to `to` in a row; each says that those up to `durable` were synced before it. */
function frames(journalId: number, from: number, to: number, previousCrc: number, durable = 0): Written {
  let crc = previousCrc;
  const all: Buffer[] = [];
  for (let sequence = from; sequence <= to; sequence++) {
    const one = frame(journalId, sequence, crc, durable);
    all.push(one.bytes);
    crc = one.crc;
  }
  return { bytes: Buffer.concat(all), crc };
}

const checkpoint = { journalId: 9, sequence: 4, crc: 77 };
const garbage = Buffer.alloc(90, 0xd7);

async function read(journals: Readonly<Record<number, Buffer>>) {
  const fileSystem = new MemoryFileSystem();
  // The last first: a folder lists its files in any order.
  for (const [id, bytes] of Object.entries(journals).toReversed()) {
    const file = await fileSystem.open(journalName(Number(id)), 'create');
    await file.write(0, [bytes]);
    await file.close();
  }
  const { frames: found, end } = await readJournals(
    { fileSystem, names: await fileSystem.list() },
    checkpoint,
    decodeFrame,
  );
  return { found: found.map(({ sequence }) => sequence), end };
}

const refused = async (journals: Readonly<Record<number, Buffer>>): Promise<string> => {
  try {
    await read(journals);
  } catch (error) {
    if (isLogError(error, 'LOG_CORRUPT')) return error.message;
    throw error;
  }
  return 'not refused';
};

describe('journals are read', () => {
  test('from the one that the checkpoint names, in the order of their numbers', async () => {
    const first = frames(9, 5, 6, checkpoint.crc);
    const second = frames(10, 7, 8, first.crc);
    const third = frames(11, 9, 9, second.crc);
    const { found, end } = await read({
      11: third.bytes,
      8: garbage,
      10: second.bytes,
      9: first.bytes,
    });
    expect(found).toEqual([5, 6, 7, 8, 9]);
    expect(end).toEqual({ id: 11, position: third.bytes.length, sequence: 9, crc: third.crc });
  });

  test('past those that are empty', async () => {
    const first = frames(9, 5, 5, checkpoint.crc);
    expect(await read({ 9: Buffer.alloc(0) })).toEqual({
      found: [],
      end: { id: 9, position: 0, sequence: 4, crc: 77 },
    });
    const next = frames(11, 6, 6, first.crc);
    expect((await read({ 9: first.bytes, 10: Buffer.alloc(0), 11: next.bytes })).found).toEqual([5, 6]);
    expect((await read({ 9: first.bytes, 10: Buffer.alloc(0) })).end).toMatchObject({ id: 10, position: 0 });
  });

  test('up to a frame that does not follow by its number or its checksum', async () => {
    const first = frames(9, 5, 6, checkpoint.crc);
    for (const next of [frame(9, 8, first.crc), frame(9, 6, first.crc), frame(9, 7, first.crc + 1)]) {
      const { found, end } = await read({ 9: Buffer.concat([first.bytes, next.bytes]) });
      expect(found).toEqual([5, 6]);
      expect(end).toEqual({ id: 9, position: first.bytes.length, sequence: 6, crc: first.crc });
    }
    expect((await read({ 9: frames(9, 5, 6, 78).bytes })).found).toEqual([]);
    expect((await read({ 9: frames(9, 6, 6, checkpoint.crc).bytes })).found).toEqual([]);
  });

  test('up to a frame that was torn', async () => {
    const first = frames(9, 5, 6, checkpoint.crc);
    const torn = frame(9, 7, first.crc).bytes.subarray(0, -1);
    const { found, end } = await read({ 9: Buffer.concat([first.bytes, torn]) });
    expect([found, end.position]).toEqual([[5, 6], first.bytes.length]);
  });

  test('up to the last file whose first frame follows the file before', async () => {
    const first = frames(9, 5, 6, checkpoint.crc);
    const other = frames(10, 7, 8, 1234);
    const { found, end } = await read({ 9: first.bytes, 10: other.bytes });
    expect(found).toEqual([5, 6]);
    expect(end).toEqual({ id: 9, position: first.bytes.length, sequence: 6, crc: first.crc });
  });
});

describe('a journal is refused', () => {
  test('by name, where the checkpoint names one that is not there', async () => {
    const later = frames(10, 5, 6, checkpoint.crc);
    expect(await refused({ 8: garbage, 10: later.bytes })).toContain(`${journalName(9)} is missing`);
    expect(await refused({})).toContain(`${journalName(9)} is missing`);
  });

  const first = frames(9, 5, 6, checkpoint.crc);
  /** Says that frame 7 had been synced before it was written. */
  const proof = (journalId: number): Buffer => frame(journalId, 8, 5555, 7).bytes;
  const unsynced = (journalId: number): Buffer => frame(journalId, 8, 5555, 6).bytes;
  const place = `${journalName(9)} is unreadable at byte ${first.bytes.length}`;

  test('where a later frame in the same file proves that what is damaged was durable', async () => {
    const damaged = Buffer.concat([first.bytes, garbage]);
    expect(await refused({ 9: Buffer.concat([damaged, proof(9)]) })).toContain(place);
    expect(await refused({ 9: Buffer.concat([damaged, proof(9), garbage]) })).toContain(place);
    expect(await refused({ 9: Buffer.concat([damaged, unsynced(9)]) })).toBe('not refused');
    // The bytes of another journal: a file system gave old blocks.
    expect(await refused({ 9: Buffer.concat([damaged, proof(8)]) })).toBe('not refused');
    // A frame from before: it proves nothing of what comes after.
    const earlier = frame(9, 6, 5555, 9).bytes;
    expect(await refused({ 9: Buffer.concat([damaged, earlier]) })).toBe('not refused');
  });

  test('where one in a later file proves it', async () => {
    const damaged = Buffer.concat([first.bytes, garbage]);
    expect(await refused({ 9: damaged, 10: proof(10) })).toContain(place);
    expect(await refused({ 9: damaged, 10: unsynced(10), 11: proof(11) })).toContain(place);
    expect(await refused({ 9: damaged, 10: unsynced(10) })).toBe('not refused');
    expect(await refused({ 9: first.bytes, 10: proof(10) })).toContain(place);
    expect(await refused({ 9: first.bytes, 10: garbage, 11: proof(11) })).toContain(place);
    expect(await refused({ 9: first.bytes, 10: unsynced(10) })).toBe('not refused');
  });

  test('never for bytes that only look like a frame', async () => {
    const bytes = Buffer.alloc(4096);
    for (let at = 0; at + 24 < bytes.length; at += 24) bytes.writeUInt32LE(9, at + 20);
    expect(await refused({ 9: Buffer.concat([first.bytes, bytes]) })).toBe('not refused');
  });
});
