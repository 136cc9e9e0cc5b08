import { randomUUID } from 'node:crypto';
import { LogError } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../format/checkpoint.ts';
import {
  checkpointSlots,
  isSegmentName,
  journalIdOf,
  journalName,
  segmentName,
} from '../format/file-names.ts';
import { type DecodedFrame, decodeFrame, frameHeaderBytes } from '../format/frame.ts';
import { removeObsoleteFiles } from './checkpointer.ts';
import { Journal, type JournalEnd } from './journal.ts';
import { LogState } from './log-state.ts';
import type { OpenFiles } from './open-files.ts';
import { PartitionLog } from './partition-log.ts';
import { Segment } from './segment.ts';

export interface Recovered {
  readonly state: LogState;
  readonly journal: Journal;
  readonly generation: number;
}

/**
 * Opens what a folder holds: the newest valid checkpoint, then every whole frame of the journal after it. A torn tail
 * is cut off; damage to what was durable is refused. Whatever is adopted is made durable before anyone sees it,
 * because what a reader has seen must survive a power loss too.
 * @throws LogError `LOG_CORRUPT`
 */
export async function recover(fileSystem: FileSystem, files: OpenFiles): Promise<Recovered> {
  const checkpoint = (await newestCheckpoint(fileSystem)) ?? (await createLog(fileSystem));
  const state = await loadState(fileSystem, files, checkpoint);
  const end = await replay(fileSystem, checkpoint, state);
  const file = await fileSystem.open(journalName(end.id), 'create');
  if ((await file.size()) > end.position) await file.truncate(end.position);
  await file.sync();
  const names = await fileSystem.list();
  const journals = names.filter((name) => (journalIdOf(name) ?? end.id) < end.id);
  await syncFiles(fileSystem, [...journals, ...checkpointSlots.filter((slot) => names.includes(slot))]);
  await fileSystem.syncDirectory();
  const segments = [...state.topics.values()].flatMap(({ state: logs }) =>
    logs.flatMap((log) => log.segments),
  );
  await removeObsoleteFiles(
    fileSystem,
    checkpoint.journalId,
    new Set(segments.map((segment) => segment.name)),
  );
  return {
    state,
    journal: new Journal(fileSystem, file, end, end.sequence),
    generation: checkpoint.generation,
  };
}

async function readWhole(fileSystem: FileSystem, name: string): Promise<Buffer> {
  const file = await fileSystem.open(name, 'existing');
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

async function newestCheckpoint(fileSystem: FileSystem): Promise<Checkpoint | undefined> {
  const names = await fileSystem.list();
  let newest: Checkpoint | undefined;
  for (const slot of checkpointSlots) {
    if (!names.includes(slot)) continue;
    const found = decodeCheckpoint(await readWhole(fileSystem, slot), fileSystem.location);
    if (found !== undefined && found.generation > (newest?.generation ?? -1)) newest = found;
  }
  if (newest === undefined) await assertEmpty(fileSystem, names);
  return newest;
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

async function createLog(fileSystem: FileSystem): Promise<Checkpoint> {
  const checkpoint: Checkpoint = {
    generation: 0,
    logId: randomUUID(),
    journalId: 1,
    sequence: 0,
    crc: 0,
    nextTopicId: 1,
    topics: [],
    groups: [],
  };
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

async function loadState(
  fileSystem: FileSystem,
  files: OpenFiles,
  checkpoint: Checkpoint,
): Promise<LogState> {
  const state = new LogState(checkpoint.logId, checkpoint.nextTopicId);
  const names = new Set(await fileSystem.list());
  for (const { state: partitions, ...topic } of checkpoint.topics) {
    const logs: PartitionLog[] = [];
    for (const [partition, { start, end, segments }] of partitions.entries()) {
      const opened: Segment[] = [];
      for (const [baseOffset, size] of segments) {
        const name = segmentName(topic.id, partition, baseOffset);
        await cutToSize(fileSystem, names, name, size);
        opened.push(new Segment(files, name, baseOffset, size));
      }
      logs.push(new PartitionLog(topic.id, topic.name, partition, start, end, opened));
    }
    state.addTopic({ ...topic, state: logs });
  }
  for (const { group, offsets } of checkpoint.groups)
    state.apply({ offsets: { group, commits: offsets } }, []);
  return state;
}

/** A segment may be longer than its checkpoint says, by what an unfinished one has written; never shorter. */
async function cutToSize(
  fileSystem: FileSystem,
  names: ReadonlySet<string>,
  name: string,
  size: number,
): Promise<void> {
  if (!names.has(name)) throw damaged(fileSystem, `segment ${name} is missing`);
  const file = await fileSystem.open(name, 'existing');
  try {
    const found = await file.size();
    if (found < size) throw damaged(fileSystem, `segment ${name} has ${found} of ${size} bytes`);
    if (found > size) {
      await file.truncate(size);
      await file.sync();
    }
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

/**
 * Applies the journal's frames, over all its files, up to the first that is not whole or does not follow the one before.
 * What comes after that one is dropped, unless it proves that something durable is damaged.
 */
async function replay(fileSystem: FileSystem, checkpoint: Checkpoint, state: LogState): Promise<JournalEnd> {
  const ids = (await fileSystem.list())
    .map(journalIdOf)
    .filter((id): id is number => id !== undefined && id >= checkpoint.journalId)
    .toSorted((a, b) => a - b);
  let end: JournalEnd = { ...checkpoint, id: checkpoint.journalId, position: 0 };
  for (const [index, id] of ids.entries()) {
    const bytes = await readWhole(fileSystem, journalName(id));
    const reached = replayFile(bytes, id, end, state);
    // A file whose first frame does not follow is no part of the story; the one before it may end there.
    if (id !== end.id && reached.position === 0 && bytes.length > 0) {
      await dropFrom(fileSystem, ids.slice(index), end);
      return end;
    }
    end = reached;
    if (end.position < bytes.length) {
      assertTornOnly(fileSystem, bytes, id, end.position + 1, end);
      await dropFrom(fileSystem, ids.slice(index + 1), end);
      return end;
    }
  }
  return end;
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

/** Removes journals after the end of the story: written, but never acknowledged as durable. */
async function dropFrom(fileSystem: FileSystem, ids: readonly number[], end: JournalEnd): Promise<void> {
  for (const id of ids) {
    assertTornOnly(fileSystem, await readWhole(fileSystem, journalName(id)), id, 0, end);
  }
  for (const id of ids) await fileSystem.remove(journalName(id));
}

/** Past the last good frame there may be no frame that was written after a later one had been synced. */
function assertTornOnly(
  fileSystem: FileSystem,
  bytes: Buffer,
  id: number,
  from: number,
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
