import { randomUUID } from 'node:crypto';
import { LogError } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { type LogCheckpoint, decodeCheckpoint, encodeCheckpoint } from '../format/checkpoint.ts';
import {
  checkpointSlots,
  isSegmentName,
  journalIdOf,
  journalName,
  segmentName,
} from '../format/file-names.ts';
import { type DecodedFrame, decodeFrame, frameHeaderBytes } from '../format/frame.ts';
import { type Footprint, footprintOf, removeObsoleteFiles } from './footprint.ts';
import { Journal, type JournalEnd } from './journal.ts';
import { LogState } from './log-state.ts';
import type { OpenFiles } from './open-files.ts';
import { PartitionLog } from './partition-log.ts';
import { Segment } from './segment.ts';

/** The recovered state, and what is needed to write on. */
export interface Recovered {
  readonly state: LogState;
  readonly journal: Journal;
  readonly generation: number;
  /** The files that the checkpoint which counts needs: they stay until two newer checkpoints stand. */
  readonly footprint: Footprint;
  /** There are files that only the older checkpoint needs, or that the journal has deleted. */
  readonly hasLeftovers: boolean;
}

/**
 * Opens what a folder holds: the newest valid checkpoint, then every whole frame of the journal after it.
 * Nothing is changed until all of it has been read: then a torn tail is cut off; damage to what was durable
 * is refused. Whatever is adopted is made durable before anyone sees it, because what a reader has seen must
 * survive a power loss too.
 * @throws LogError `LOG_CORRUPT`
 */
export async function recover(fileSystem: FileSystem, files: OpenFiles): Promise<Recovered> {
  const slots = await readSlots(fileSystem);
  const checkpoint = slots[0] ?? (await createLog(fileSystem));
  const { state, longer } = await loadState(fileSystem, files, checkpoint);
  const { end, dropped } = await replay(fileSystem, checkpoint, state);

  for (const { name, size } of longer) await cut(fileSystem, name, size);
  for (const name of dropped) await fileSystem.remove(name);
  const file = await fileSystem.open(journalName(end.id), 'existing');
  if ((await file.size()) > end.position) await file.truncate(end.position);
  await file.sync();
  const names = await fileSystem.list();
  const adopted = names.filter((name) => {
    const id = journalIdOf(name);
    return id !== undefined && id >= checkpoint.journalId && id < end.id;
  });
  await syncFiles(fileSystem, [...adopted, ...checkpointSlots.filter((slot) => names.includes(slot))]);
  await fileSystem.syncDirectory();
  const footprints = (slots.length === 0 ? [checkpoint] : slots).map(footprintOf);
  await removeObsoleteFiles(fileSystem, footprints);
  return {
    state,
    journal: new Journal(fileSystem, file, { end, durableUpTo: end.sequence }),
    generation: checkpoint.generation,
    footprint: footprints[0]!,
    hasLeftovers: state.deletions > 0 || hasSegmentsBeyond(footprints[0]!, footprints[1]),
  };
}

function hasSegmentsBeyond(newer: Footprint, older: Footprint | undefined): boolean {
  return older !== undefined && [...older.segments].some((name) => !newer.segments.has(name));
}

async function readWhole(fileSystem: FileSystem, name: string): Promise<Buffer> {
  const file = await fileSystem.open(name, 'existing');
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/** The valid checkpoints, the newest first. */
async function readSlots(fileSystem: FileSystem): Promise<LogCheckpoint[]> {
  const names = await fileSystem.list();
  const found: LogCheckpoint[] = [];
  for (const slot of checkpointSlots) {
    if (!names.includes(slot)) continue;
    const checkpoint = decodeCheckpoint(await readWhole(fileSystem, slot), fileSystem.location);
    if (checkpoint !== undefined) found.push(checkpoint);
  }
  if (found.length === 0) await assertEmpty(fileSystem, names);
  return found.toSorted((a, b) => b.generation - a.generation);
}

/** Without a checkpoint there must be no data: a folder whose checkpoints are gone is not an empty log. */
async function assertEmpty(fileSystem: FileSystem, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const journal = journalIdOf(name);
    const held = journal !== undefined && (journal > 1 || (await readWhole(fileSystem, name)).length > 0);
    if (held || isSegmentName(name)) {
      throw new LogError(
        'LOG_CORRUPT',
        `The log in ${fileSystem.location} has data (${name}) but no readable checkpoint: restore "checkpoint-a" or "checkpoint-b" from a backup`,
      );
    }
  }
}

async function createLog(fileSystem: FileSystem): Promise<LogCheckpoint> {
  const checkpoint: LogCheckpoint = {
    generation: 0,
    logId: randomUUID(),
    journalId: 1,
    sequence: 0,
    crc: 0,
    nextTopicId: 1,
    topics: [],
    groups: [],
  };
  // Before the slot that names it: a journal that a slot names and that is not there is damage.
  await (await fileSystem.open(journalName(checkpoint.journalId), 'create')).close();
  await fileSystem.syncDirectory();
  const slot = await fileSystem.open(checkpointSlots[0], 'create');
  try {
    const bytes = encodeCheckpoint(checkpoint);
    await slot.write(0, [bytes]);
    await slot.truncate(bytes.length);
    await slot.sync();
  } finally {
    await slot.close();
  }
  return checkpoint;
}

async function syncFiles(fileSystem: FileSystem, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = await fileSystem.open(name, 'existing');
    await file.sync().finally(() => file.close());
  }
}

interface LoadedState {
  readonly state: LogState;
  /** Segment files with more bytes than the checkpoint says: what a later one has written out. */
  readonly longer: readonly { readonly name: string; readonly size: number }[];
}

async function loadState(
  fileSystem: FileSystem,
  files: OpenFiles,
  checkpoint: LogCheckpoint,
): Promise<LoadedState> {
  const state = new LogState(checkpoint.logId, checkpoint.nextTopicId);
  const names = new Set(await fileSystem.list());
  const longer: { name: string; size: number }[] = [];
  for (const { state: partitions, ...topic } of checkpoint.topics) {
    const logs: PartitionLog[] = [];
    for (const [partition, { start, end, segments }] of partitions.entries()) {
      const opened: Segment[] = [];
      for (const [baseOffset, size] of segments) {
        const name = segmentName(topic.id, partition, baseOffset);
        if ((await sizeOf(fileSystem, names, name, size)) > size) longer.push({ name, size });
        opened.push(new Segment(files, name, baseOffset, size));
      }
      logs.push(new PartitionLog({ topic, partition, start, end, segments: opened }));
    }
    state.addTopic({ ...topic, state: logs });
  }
  for (const { group, offsets } of checkpoint.groups)
    state.apply({ offsets: { group, commits: offsets } }, []);
  return { state, longer };
}

/** A segment may be longer than its checkpoint says, by what a later one has written; never shorter. */
async function sizeOf(
  fileSystem: FileSystem,
  names: ReadonlySet<string>,
  name: string,
  atLeast: number,
): Promise<number> {
  if (!names.has(name)) throw damaged(fileSystem, `segment ${name} is missing`);
  const file = await fileSystem.open(name, 'existing');
  const found = await file.size().finally(() => file.close());
  if (found < atLeast) throw damaged(fileSystem, `segment ${name} has ${found} of ${atLeast} bytes`);
  return found;
}

async function cut(fileSystem: FileSystem, name: string, size: number): Promise<void> {
  const file = await fileSystem.open(name, 'existing');
  try {
    await file.truncate(size);
    await file.sync();
  } finally {
    await file.close();
  }
}

function damaged(fileSystem: FileSystem, what: string): LogError {
  return new LogError(
    'LOG_CORRUPT',
    `The log in ${fileSystem.location} is damaged: ${what}. Restore the folder from a backup; nothing was changed`,
  );
}

interface Replayed {
  readonly end: JournalEnd;
  /** Journals after the end, written but never acknowledged as durable. */
  readonly dropped: readonly string[];
}

/**
 * Applies the journal's frames, over all its files, up to the first that is not whole or does not follow the
 * one before. What comes after that one is dropped, unless it proves that something durable is damaged.
 */
async function replay(fileSystem: FileSystem, checkpoint: LogCheckpoint, state: LogState): Promise<Replayed> {
  const ids = (await fileSystem.list())
    .map(journalIdOf)
    .filter((id): id is number => id !== undefined && id >= checkpoint.journalId)
    .toSorted((a, b) => a - b);
  if (ids[0] !== checkpoint.journalId) {
    throw damaged(
      fileSystem,
      `${journalName(checkpoint.journalId)} is missing, which the newest readable checkpoint names`,
    );
  }
  let end: JournalEnd = { ...checkpoint, id: checkpoint.journalId, position: 0 };
  for (const [index, id] of ids.entries()) {
    const bytes = await readWhole(fileSystem, journalName(id));
    const reached = replayFile(bytes, id, end, state);
    // If a journal file's first frame does not chain to the previous file, replay ends with the previous
    // file.
    if (id !== end.id && reached.position === 0 && bytes.length > 0) {
      return { end, dropped: await droppable(fileSystem, ids.slice(index), end) };
    }
    end = reached;
    if (end.position < bytes.length) {
      assertTornOnly(fileSystem, { bytes, id, from: end.position + 1 }, end);
      return { end, dropped: await droppable(fileSystem, ids.slice(index + 1), end) };
    }
  }
  return { end, dropped: [] };
}

function replayFile(bytes: Buffer, id: number, from: JournalEnd, state: LogState): JournalEnd {
  let { sequence, crc } = from;
  let position = 0;
  for (;;) {
    const frame = decodeFrame(bytes, position, id);
    if (frame === undefined || frame.sequence !== sequence + 1 || frame.previousCrc !== crc) {
      return { id, position, sequence, crc };
    }
    state.apply(frame.event, frame.batches);
    ({ sequence, crc } = frame);
    position = frame.end;
  }
}

/** The names of journals after the end, none of which may hold anything durable. */
async function droppable(fileSystem: FileSystem, ids: readonly number[], end: JournalEnd): Promise<string[]> {
  for (const id of ids) {
    const bytes = await readWhole(fileSystem, journalName(id));
    assertTornOnly(fileSystem, { bytes, id, from: 0 }, end);
  }
  return ids.map(journalName);
}

/** Past the last good frame there may be no frame that was written after a later one had been synced. */
function assertTornOnly(
  fileSystem: FileSystem,
  { bytes, id, from }: { readonly bytes: Buffer; readonly id: number; readonly from: number },
  end: JournalEnd,
): void {
  for (let at = from; at + frameHeaderBytes <= bytes.length; at++) {
    if (bytes.readUInt32LE(at + 20) !== id) continue;
    const frame = safeDecode(bytes, at, id);
    if (frame !== undefined && frame.sequence > end.sequence && frame.durableUpTo > end.sequence) {
      throw damaged(
        fileSystem,
        `${journalName(end.id)} is unreadable at byte ${end.position}, inside what had been made durable`,
      );
    }
  }
}

function safeDecode(bytes: Buffer, at: number, id: number): DecodedFrame | undefined {
  try {
    return decodeFrame(bytes, at, id);
  } catch {
    return undefined;
  }
}
