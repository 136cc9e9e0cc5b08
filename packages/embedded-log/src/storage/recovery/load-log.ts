import { compressionOf, loadCodec } from '@millrace/kafka-protocol';
import { LogError } from '@millrace/log-client';
import type { FileSystem } from '../../files/file-system.ts';
import { readWhole } from '../../files/read-whole.ts';
import { decodeCheckpoint, type LogCheckpoint } from '../../format/checkpoint.ts';
import {
  checkpointSlots,
  journalIdOf,
  type SegmentId,
  segmentIdOf,
  segmentName,
  segmentOf,
} from '../../format/file-names.ts';
import { type DecodedFrame, decodeFrame } from '../../format/frame.ts';
import { isRun, type Run } from '../../format/run.ts';
import { isSegmentNameV1 } from '../../upgrade/v1/file-names.ts';
import type { JournalEnd } from '../commit/journal.ts';
import { LogState } from '../log-state.ts';
import { footprintOf, NeededFiles } from '../needed-files.ts';
import { PartitionLog } from '../partition-log.ts';
import { PartitionProducers } from '../partition-producers.ts';
import type { OpenFiles } from '../segments/open-files.ts';
import { Segment } from '../segments/segment.ts';
import { damaged, readJournals } from './read-journals.ts';

/** What a folder holds, as it was read: nothing has been changed. */
export interface LoadedLog {
  readonly checkpoint: LogCheckpoint;
  readonly state: LogState;
  readonly needed: NeededFiles;
  /** All files of the folder. */
  readonly names: ReadonlySet<string>;
  /** The sizes of the checkpoint's segments. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Where the journal ends. */
  readonly end: JournalEnd;
  /** Segments that were written to directly and may not be durable yet. */
  readonly direct: readonly string[];
}

/** Reads what a folder holds; undefined where there is no log. @throws LogError `LOG_CORRUPT` */
export async function loadLog(fileSystem: FileSystem, files: OpenFiles): Promise<LoadedLog | undefined> {
  const names = new Set(await fileSystem.list());
  const slots = await readSlots(fileSystem, names);
  return slots.length === 0 ? undefined : load({ fileSystem, files, names }, slots);
}

interface Folder {
  readonly fileSystem: FileSystem;
  readonly files: OpenFiles;
  readonly names: ReadonlySet<string>;
}

async function load(
  { fileSystem, files, names }: Folder,
  slots: readonly LogCheckpoint[],
): Promise<LoadedLog> {
  const checkpoint = slots[0]!;
  const sizes = await sizesOf(fileSystem, names, checkpoint);
  const state = loadState(files, checkpoint);
  const needed = new NeededFiles(slots.map(footprintOf));
  // Of the journals that only the older checkpoint needs, the newer one says what they name.
  for (const name of checkpoint.alsoNeeded) needed.name(checkpoint.journalId - 1, segmentIdOf(name)!);
  const read = await readJournals({ fileSystem, names }, checkpoint, decodeFrame);
  const replay = await replayFrames({ fileSystem, files, names, state, needed }, checkpoint, read.frames);
  const end = replay.torn === undefined ? read.end : endBefore(read.frames, replay.torn, checkpoint);
  return { checkpoint, state, needed, names, sizes, end, direct: replay.direct };
}

/** The valid checkpoints, the newest first. */
async function readSlots(fileSystem: FileSystem, names: ReadonlySet<string>): Promise<LogCheckpoint[]> {
  const found: LogCheckpoint[] = [];
  for (const slot of checkpointSlots) {
    if (!names.has(slot)) continue;
    const checkpoint = decodeCheckpoint(await readWhole(fileSystem, slot), fileSystem.location);
    if (checkpoint !== undefined) found.push(checkpoint);
  }
  if (found.length === 0) await assertEmpty(fileSystem, names);
  return found.toSorted((a, b) => b.generation - a.generation);
}

/** Without a checkpoint there must be no data: a folder whose checkpoints are gone is not an empty log. */
async function assertEmpty(fileSystem: FileSystem, names: Iterable<string>): Promise<void> {
  for (const name of names) {
    const journal = journalIdOf(name);
    const held = journal !== undefined && (journal > 1 || (await readWhole(fileSystem, name)).length > 0);
    if (held || isSegmentNameV1(name) || segmentOf(name) !== undefined) {
      throw new LogError(
        'LOG_CORRUPT',
        `The log in ${fileSystem.location} has data (${name}) but no readable checkpoint: restore "checkpoint-a" or "checkpoint-b" from a backup`,
      );
    }
  }
}

function loadState(files: OpenFiles, checkpoint: LogCheckpoint): LogState {
  const state = new LogState(files, checkpoint);
  for (const { state: partitions, ...topic } of checkpoint.topics) {
    const logs = partitions.map(({ start, end, cleanedUpTo = 0, segments, producers }, partition) => {
      const opened = segments.map(({ baseOffset, fileId, ...stored }) => {
        return new Segment(files, { topicId: topic.id, partition, baseOffset, fileId }, stored);
      });
      return new PartitionLog({
        topic,
        partition,
        files,
        start,
        end,
        cleanedUpTo,
        segments: opened,
        producers: producers && PartitionProducers.from(producers),
      });
    });
    state.addTopic({ ...topic, state: logs });
  }
  for (const offsets of checkpoint.groups) state.apply({ offsets });
  return state;
}

/**
 * The sizes of a checkpoint's segments. A file may be longer than the checkpoint says, by what was written
 * later; never shorter.
 */
async function sizesOf(
  fileSystem: FileSystem,
  names: ReadonlySet<string>,
  { topics }: LogCheckpoint,
): Promise<Map<string, number>> {
  const expected = topics.flatMap(({ id: topicId, state }) =>
    state.flatMap(({ segments }, partition) =>
      segments.map(({ baseOffset, fileId, bytes }) => ({
        name: segmentName({ topicId, partition, baseOffset, fileId }),
        bytes,
      })),
    ),
  );
  return checkedSizes(fileSystem, names, expected);
}

interface ExpectedFile {
  readonly name: string;
  /** It has as many at least. */
  readonly bytes: number;
}

/** The sizes of segments. @throws LogError `LOG_CORRUPT` where one is missing or shorter than it must be */
async function checkedSizes(
  fileSystem: FileSystem,
  names: ReadonlySet<string>,
  expected: readonly ExpectedFile[],
): Promise<Map<string, number>> {
  const missing = expected.find(({ name }) => !names.has(name));
  if (missing !== undefined) throw damaged(fileSystem, `segment ${missing.name} is missing`);
  const found = await fileSystem.sizes(expected.map(({ name }) => name));
  return new Map(
    expected.map(({ name, bytes }, index) => {
      const size = found[index]!;
      if (size < bytes) throw damaged(fileSystem, `segment ${name} has ${size} of ${bytes} bytes`);
      return [name, size];
    }),
  );
}

interface Replay extends Folder {
  readonly state: LogState;
  readonly needed: NeededFiles;
}

interface Replayed {
  /** The frame whose batches did not all get to their segments: it and what follows never became durable. */
  readonly torn: DecodedFrame | undefined;
  /** Segments that were written to directly and may not be durable yet. */
  readonly direct: readonly string[];
}

/**
 * Applies frames in their order. Batches that went straight to their segments are read and checked where
 * their frame was never known to be durable.
 */
async function replayFrames(
  { fileSystem, files, names, state, needed }: Replay,
  { sequence: checkpointed }: LogCheckpoint,
  frames: readonly DecodedFrame[],
): Promise<Replayed> {
  const durable = Math.max(checkpointed, ...frames.slice(-1).map(({ durableUpTo }) => durableUpTo));
  const direct = new Set<string>();
  for (const frame of frames) {
    const apart = frame.runs.filter(({ bytes }) => bytes === undefined);
    for (const run of apart) {
      const name = segmentName(run);
      if (frame.sequence > durable) {
        if (!names.has(name) || !isRun(await files.read(name, run.position, run.length), run)) {
          return { torn: frame, direct: [...direct] };
        }
        direct.add(name);
      }
    }
    state.apply(frame.event, frame.appendTime);
    for (const id of segmentsMadeBy(frame)) needed.name(frame.journalId, id);
    for (const run of frame.runs) {
      if (run.bytes !== undefined) await loadCodec(compressionOf(run.bytes, 0));
      state.append(run, frame.appendTime);
      needed.name(frame.journalId, run);
    }
  }
  await assertDirectRunsThere(fileSystem, names, state, frames);
  return { torn: undefined, direct: [...direct] };
}

/** The segments that compaction made, by the frame that put them in their place. */
function segmentsMadeBy({ event: { swapped } }: DecodedFrame): SegmentId[] {
  if (swapped === undefined) return [];
  const { topicId, partition, to } = swapped;
  return to.map(({ baseOffset, fileId }) => ({ topicId, partition, baseOffset, fileId }));
}

/** What was known to be durable must be there: its checksums are left to those who read it. */
async function assertDirectRunsThere(
  fileSystem: FileSystem,
  names: ReadonlySet<string>,
  state: LogState,
  frames: readonly DecodedFrame[],
): Promise<void> {
  const ends = new Map<string, number>();
  for (const { runs, event } of frames) {
    for (const run of runs) if (run.bytes === undefined) ends.set(segmentName(run), endOf(run));
    // These were durable before the frame was written.
    const { topicId = 0, partition = 0, to = [] } = event.swapped ?? {};
    for (const segment of to) ends.set(segmentName({ topicId, partition, ...segment }), segment.bytes);
  }
  const live = new Set(segmentsOf(state).map(({ name }) => name));
  const expected = [...ends].map(([name, bytes]) => ({ name, bytes })).filter(({ name }) => live.has(name));
  await checkedSizes(fileSystem, names, expected);
}

function endOf({ position, length }: Run): number {
  return position + length;
}

/** All segments of a log. */
export function segmentsOf(state: LogState): Segment[] {
  return [...state.topics.values()].flatMap((topic) => topic.state.flatMap(({ segments }) => segments));
}

/** Where the journal ends when a frame of it is the first that does not count. */
function endBefore(
  frames: readonly DecodedFrame[],
  torn: DecodedFrame,
  checkpoint: LogCheckpoint,
): JournalEnd {
  const before = frames[frames.indexOf(torn) - 1];
  if (before === undefined) return { ...checkpoint, id: checkpoint.journalId, position: 0 };
  return { id: before.journalId, position: before.end, sequence: before.sequence, crc: before.crc };
}
