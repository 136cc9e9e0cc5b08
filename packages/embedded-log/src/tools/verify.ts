import { isLogError } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { readWhole } from '../files/read-whole.ts';
import { readSlot } from '../format/checkpoint.ts';
import { checkpointSlots, indexName } from '../format/file-names.ts';
import { OpenFiles } from '../storage/segments/open-files.ts';
import type { PartitionLog } from '../storage/partition-log.ts';
import { type LoadedLog, loadLog } from '../storage/recovery/load-log.ts';
import type { Segment } from '../storage/segments/segment.ts';
import { checkIndex, checkSegment, type DamagedStretch } from './check-segment.ts';

/** Something that is not as it should be. */
export interface LogProblem {
  readonly file: string;
  readonly problem: string;
  /** Whether records are lost with it. What is not lost is mended when the log is opened. */
  readonly loses: boolean;
}

export interface VerifyProgress {
  readonly file: string;
  readonly bytes: number;
}

export interface VerifyReport {
  readonly topics: number;
  readonly segments: number;
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  readonly problems: readonly LogProblem[];
}

/** Bytes of a segment, those that only the journal has included. */
export async function bytesOf(fileSystem: FileSystem, segment: Segment): Promise<Buffer> {
  const names = await fileSystem.list();
  const stored = names.includes(segment.name) ? await readWhole(fileSystem, segment.name) : Buffer.alloc(0);
  const bytes = Buffer.alloc(segment.size);
  stored.copy(bytes);
  for (const run of segment.memory.all) run.bytes.copy(bytes, run.position);
  const held = segment.memory.all.at(-1);
  const known = Math.max(stored.length, held === undefined ? 0 : held.position + held.bytes.length);
  return bytes.subarray(0, Math.min(known, segment.size));
}

/**
 * Reads all that a log has and checks it: checkpoints, journal, every checksum, every index against its
 * segment. Changes nothing.
 */
export async function verifyLog(
  fileSystem: FileSystem,
  onProgress: (progress: VerifyProgress) => void = () => {},
): Promise<VerifyReport> {
  const problems: LogProblem[] = [];
  const total = { topics: 0, segments: 0, batches: 0, records: 0, bytes: 0 };
  await checkSlots(fileSystem, problems);
  const files = new OpenFiles(fileSystem);
  let loaded: LoadedLog | undefined;
  try {
    loaded = await loadLog(fileSystem, files);
  } catch (error) {
    if (!isLogError(error, 'LOG_CORRUPT')) throw error;
    problems.push({ file: '', problem: error.message, loses: true });
  } finally {
    files.close();
  }
  for (const topic of loaded?.state.topics.values() ?? []) {
    total.topics++;
    for (const log of topic.state) {
      for (const [index, segment] of log.segments.entries()) {
        const bytes = await bytesOf(fileSystem, segment);
        const check = checkSegment(bytes, segment.baseOffset, log.endOf(index));
        for (const stretch of check.damaged) problems.push(lossOf(log, segment, stretch));
        const problem = await indexProblem(fileSystem, loaded!, segment, check);
        if (problem !== undefined) problems.push(problem);
        total.segments++;
        total.batches += check.batches;
        total.records += check.records;
        total.bytes += bytes.length;
        onProgress({ file: segment.name, bytes: total.bytes });
      }
    }
  }
  return { ...total, problems };
}

function lossOf({ topic, partition }: PartitionLog, { name }: Segment, stretch: DamagedStretch): LogProblem {
  const { position, end, firstOffset, nextOffset } = stretch;
  const what = `bytes ${position} to ${end} are damaged: offsets ${firstOffset} to ${nextOffset - 1} of`;
  return { file: name, problem: `${what} ${topic}-${partition} cannot be read`, loses: true };
}

async function checkSlots(fileSystem: FileSystem, problems: LogProblem[]): Promise<void> {
  const names = await fileSystem.list();
  for (const name of checkpointSlots) {
    if (!names.includes(name) || readSlot(await readWhole(fileSystem, name)) !== undefined) continue;
    problems.push({
      file: name,
      problem: 'this checkpoint is unreadable; the other one serves',
      loses: false,
    });
  }
}

async function indexProblem(
  fileSystem: FileSystem,
  { names }: LoadedLog,
  segment: Segment,
  check: ReturnType<typeof checkSegment>,
): Promise<LogProblem | undefined> {
  const file = indexName(segment.name);
  if (!names.has(file)) return undefined;
  const problem = checkIndex(await readWhole(fileSystem, file), check);
  return problem === undefined ? undefined : { file, problem, loses: false };
}
