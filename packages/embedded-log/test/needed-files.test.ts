import { expect, test } from 'vitest';
import { indexName, journalName, type SegmentId, segmentName } from '../src/format/file-names.ts';
import { MemoryFileSystem } from '../src/index.ts';
import { footprintOf, NeededFiles } from '../src/storage/needed-files.ts';

const segment = (fileId: number): SegmentId => ({
  topicId: 1,
  partition: 0,
  baseOffset: fileId * 10,
  fileId,
});
const name = (fileId: number): string => segmentName(segment(fileId));
const footprint = (journalId: number, ...fileIds: number[]) => ({
  journalId,
  segments: new Set(fileIds.map(name)),
});

async function folderOf(names: readonly string[]): Promise<MemoryFileSystem> {
  const fileSystem = new MemoryFileSystem();
  for (const one of names) await (await fileSystem.open(one, 'create')).close();
  return fileSystem;
}

test('a checkpoint needs its journal and the segments of all its partitions', () => {
  const topics = [
    { id: 1, state: [{ segments: [segment(1)] }, { segments: [segment(2), segment(3)] }] },
    { id: 4, state: [{ segments: [segment(5)] }] },
  ];
  const { journalId, segments } = footprintOf({ journalId: 7, topics } as never);
  expect(journalId).toBe(7);
  expect([...segments]).toEqual([
    segmentName({ ...segment(1), topicId: 1, partition: 0 }),
    segmentName({ ...segment(2), topicId: 1, partition: 1 }),
    segmentName({ ...segment(3), topicId: 1, partition: 1 }),
    segmentName({ ...segment(5), topicId: 4, partition: 0 }),
  ]);
});

test('a new checkpoint also needs what the journals since the present one name, and what it has not itself', () => {
  const needed = new NeededFiles([footprint(5, 1), footprint(3, 2)]);
  needed.name(4, segment(4));
  needed.name(5, segment(5));
  needed.name(5, segment(1));
  needed.name(5, segment(9));
  needed.name(6, segment(6));
  needed.name(6, segment(5));
  needed.name(7, segment(7));
  needed.name(8, segment(8));
  expect(needed.alsoNeededBy(footprint(7, 1)).toSorted((a, b) => a.localeCompare(b))).toEqual(
    [5, 6, 9].map(name),
  );
  expect(needed.alsoNeededBy(footprint(5, 1))).toEqual([]);
  expect(new NeededFiles([]).alsoNeededBy(footprint(1))).toEqual([]);
});

test('what neither checkpoint nor any journal from the older one on names is removed, and nothing else', async () => {
  const needed = new NeededFiles([footprint(5, 1), footprint(3, 2)]);
  needed.name(4, segment(4));
  const release = needed.hold([name(8), name(9)]);
  const kept = [
    journalName(3),
    journalName(5),
    journalName(6),
    ...[1, 2, 4].map(name),
    indexName(name(2)),
    name(8),
    indexName(name(9)),
    'checkpoint-a',
    'notes.txt',
  ];
  const gone = [journalName(2), name(3), indexName(name(3))];
  const fileSystem = await folderOf([...kept, ...gone]);
  expect(new Set(await needed.removeOthers(fileSystem))).toEqual(new Set(gone));
  expect(new Set(await fileSystem.list())).toEqual(new Set(kept));
  release();
  expect(new Set(await needed.removeOthers(fileSystem))).toEqual(new Set([name(8), indexName(name(9))]));
});

test('with each checkpoint the one before becomes the older one, and the journals before that are forgotten', async () => {
  const needed = new NeededFiles([footprint(3, 1)]);
  needed.name(3, segment(2));
  needed.name(4, segment(3));
  expect(needed.firstJournal).toBe(3);
  needed.checkpointStands(footprint(4, 1, 2));
  expect(needed.firstJournal).toBe(3);
  needed.checkpointStands(footprint(5, 1, 2, 3));
  expect(needed.firstJournal).toBe(4);
  needed.checkpointStands(footprint(6, 1));
  expect(needed.firstJournal).toBe(5);
  expect(needed.alsoNeededBy(footprint(9))).toEqual([]);
  needed.name(6, segment(5));
  needed.name(7, segment(6));
  needed.checkpointStands(footprint(7, 1));
  const fileSystem = await folderOf([1, 2, 3, 5, 6].map(name));
  expect(new Set(await needed.removeOthers(fileSystem))).toEqual(new Set([name(2), name(3)]));
});

test('there are leftovers where something is needed by the older checkpoint or by a journal only', () => {
  const needed = new NeededFiles([footprint(5, 1, 2), footprint(3, 1)]);
  expect(needed.hasLeftovers).toBe(false);
  needed.name(5, segment(2));
  expect(needed.hasLeftovers).toBe(false);
  needed.name(5, segment(7));
  expect(needed.hasLeftovers).toBe(true);
  expect(new NeededFiles([footprint(5, 1), footprint(3, 1, 2)]).hasLeftovers).toBe(true);
  expect(new NeededFiles([]).hasLeftovers).toBe(false);
});
