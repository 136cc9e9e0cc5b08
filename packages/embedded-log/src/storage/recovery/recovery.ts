import { randomUUID } from 'node:crypto';
import { loadCodec } from '@millrace/kafka-protocol';
import type { FileSystem } from '../../files/file-system.ts';
import type { LogCheckpoint } from '../../format/checkpoint.ts';
import { checkpointSlots, journalIdOf, journalName, segmentOf } from '../../format/file-names.ts';
import { Journal } from '../commit/journal.ts';
import type { LogState } from '../log-state.ts';
import type { NeededFiles } from '../needed-files.ts';
import type { OpenFiles } from '../segments/open-files.ts';
import { writeSlot } from '../write-slot.ts';
import { type LoadedLog, loadLog, segmentsOf } from './load-log.ts';

/** So many files are open for their sync at once. */
const syncsAtOnce = 16;

/** The recovered state, and what is needed to write on. */
export interface Recovered {
  readonly state: LogState;
  readonly journal: Journal;
  readonly generation: number;
  readonly needed: NeededFiles;
}

/**
 * Opens what a folder holds: the newest valid checkpoint, then every whole frame of the journal after it.
 * Nothing is changed until all of it has been read: then a torn tail is cut off; damage to what was durable
 * is refused. Whatever is adopted is made durable before anyone sees it, because what a reader has seen must
 * survive a power loss too.
 * @throws LogError `LOG_CORRUPT`
 */
export async function recover(fileSystem: FileSystem, files: OpenFiles): Promise<Recovered> {
  let loaded = await loadLog(fileSystem, files);
  if (loaded === undefined) {
    await createLog(fileSystem);
    loaded = (await loadLog(fileSystem, files))!;
  }
  const { checkpoint, state, needed, names, end } = loaded;
  for (const { settings } of state.topics.values()) await loadCodec(settings.compression);
  await cutSegments(fileSystem, loaded);
  for (const name of journalsAfter(names, end.id)) await fileSystem.remove(name);
  const file = await fileSystem.open(journalName(end.id), 'existing');
  if ((await file.size()) > end.position) await file.truncate(end.position);
  const adopted = [...names].filter((name) => {
    const id = journalIdOf(name);
    return id !== undefined && id >= checkpoint.journalId && id < end.id;
  });
  const slotNames = checkpointSlots.filter((slot) => names.has(slot));
  const others = [...adopted, ...slotNames, ...loaded.direct];
  await Promise.all([file.sync(), syncFiles(fileSystem, others), fileSystem.syncDirectory()]);
  const removed = new Set(await needed.removeOthers(fileSystem));
  for (const name of names) if (segmentOf(name) !== undefined && !removed.has(name)) files.adopt(name);
  const journal = new Journal(fileSystem, file, { end, durableUpTo: end.sequence });
  await journal.mark();
  return { state, journal, generation: checkpoint.generation, needed };
}

async function createLog(fileSystem: FileSystem): Promise<void> {
  const checkpoint: LogCheckpoint = {
    generation: 0,
    logId: randomUUID(),
    journalId: 1,
    sequence: 0,
    crc: 0,
    nextTopicId: 1,
    nextFileId: 1,
    topics: [],
    groups: [],
    alsoNeeded: [],
  };
  // Before the slot that names it: a journal that a slot names and that is not there is damage.
  await (await fileSystem.open(journalName(checkpoint.journalId), 'create')).close();
  await fileSystem.syncDirectory();
  await writeSlot(fileSystem, checkpoint);
}

async function syncFiles(fileSystem: FileSystem, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += syncsAtOnce) {
    await Promise.all(names.slice(from, from + syncsAtOnce).map((name) => syncFile(fileSystem, name)));
  }
}

async function syncFile(fileSystem: FileSystem, name: string): Promise<void> {
  const file = await fileSystem.open(name, 'existing');
  await file.sync().finally(() => file.close());
}

function journalsAfter(names: ReadonlySet<string>, last: number): string[] {
  return [...names].filter((name) => (journalIdOf(name) ?? 0) > last);
}

/** Cuts off what was written to segments and never committed. */
async function cutSegments(fileSystem: FileSystem, { names, sizes, state }: LoadedLog): Promise<void> {
  for (const { name, size } of segmentsOf(state)) {
    if (!names.has(name) || (sizes.get(name) ?? Number.POSITIVE_INFINITY) <= size) continue;
    const file = await fileSystem.open(name, 'existing');
    try {
      if ((await file.size()) <= size) continue;
      await file.truncate(size);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
