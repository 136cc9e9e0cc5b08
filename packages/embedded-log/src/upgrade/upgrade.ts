import { randomBytes } from 'node:crypto';
import { batchAt, batchHeaderBytes, recordBytes, writeBatch } from '@millrace/kafka-protocol';
import { type ProducerRecord, readLong } from '@millrace/log-client';
import { batchFields } from '../format/batch-fields.ts';
import type { FileSystem } from '../files/file-system.ts';
import { readWhole } from '../files/read-whole.ts';
import {
  type CheckpointPartition,
  formatVersion,
  type LogCheckpoint,
  readSlot,
} from '../format/checkpoint.ts';
import type { CheckpointSegment } from '../format/checkpoint-segment.ts';
import { checkpointSlots, journalIdOf, journalName, segmentName, segmentOf } from '../format/file-names.ts';
import { OpenFiles } from '../storage/segments/open-files.ts';
import { writeSlot } from '../storage/write-slot.ts';
import { isSegmentNameV1 } from './v1/file-names.ts';
import { type LogV1, readCheckpointV1, readLogV1, recordsOf } from './v1/read-log.ts';

/** How far an upgrade has come. */
export interface UpgradeProgress {
  readonly topic: string;
  readonly partition: number;
  /** Records written in the new format so far, of all there are. */
  readonly records: number;
  readonly total: number;
}

export interface UpgradeOptions {
  readonly segmentBytes: number;
  readonly onProgress?: ((progress: UpgradeProgress) => void) | undefined;
}

/**
 * Rewrites a log of an earlier format in the present one; does nothing where that is not needed. The old log
 * counts until the new one is whole and durable: after a crash it starts over, or removes what is left.
 * Needs as much room again as the log takes. Nothing is deleted: topics get `retention.ms=-1`.
 * @throws LogError `LOG_CORRUPT` where the old log is damaged, which is left as it is
 */
export async function upgradeLog(fileSystem: FileSystem, options: UpgradeOptions): Promise<void> {
  const names = await fileSystem.list();
  if (await hasPresentFormat(fileSystem, names)) {
    if (names.some(isSegmentNameV1)) await removeFiles(fileSystem, isSegmentNameV1);
    return;
  }
  const checkpoint = await readCheckpointV1(fileSystem);
  if (checkpoint === undefined) return;
  const old = await readLogV1(fileSystem, checkpoint);
  // Of an upgrade that was interrupted.
  await removeFiles(fileSystem, (name) => segmentOf(name) !== undefined);
  const upgraded = await convert(fileSystem, old, options);
  await writeSlot(fileSystem, upgraded);
  await removeFiles(
    fileSystem,
    (name) => isSegmentNameV1(name) || (journalIdOf(name) ?? Infinity) < upgraded.journalId,
  );
  await writeSlot(fileSystem, { ...upgraded, generation: upgraded.generation + 1 });
}

async function hasPresentFormat(fileSystem: FileSystem, names: readonly string[]): Promise<boolean> {
  for (const name of checkpointSlots) {
    if (!names.includes(name)) continue;
    const slot = readSlot(await readWhole(fileSystem, name));
    if (slot !== undefined && slot.version >= formatVersion) return true;
  }
  return false;
}

async function removeFiles(fileSystem: FileSystem, isGone: (name: string) => boolean): Promise<void> {
  const names = (await fileSystem.list()).filter(isGone);
  for (const name of names) await fileSystem.remove(name);
  if (names.length > 0) await fileSystem.syncDirectory();
}

async function convert(fileSystem: FileSystem, old: LogV1, options: UpgradeOptions): Promise<LogCheckpoint> {
  const { checkpoint, topics, groups, end } = old;
  const files = new OpenFiles(fileSystem);
  const all = [...topics.values()].flatMap(({ state }) => state);
  const total = all.reduce((sum, { start, end: last }) => sum + last - start, 0);
  const target = { files, nextFileId: 1, records: 0, total };
  const converted: LogCheckpoint['topics'][number][] = [];
  for (const { state, ...topic } of topics.values()) {
    const partitions: CheckpointPartition[] = [];
    for (const [partition, log] of state.entries()) {
      const place = { topic: topic.name, topicId: topic.id, partition, start: log.start };
      const segments = await writeSegments(target, place, recordsOf(fileSystem, log), options);
      partitions.push({ start: log.start, end: log.end, segments });
    }
    converted.push({
      ...topic,
      uuid: randomBytes(16).toString('base64url'),
      formerId: `${checkpoint.logId}-${topic.id}`,
      configs: { ...topic.configs, 'retention.ms': '-1' },
      state: partitions,
    });
  }
  const journalId = Math.max(...(await fileSystem.list()).map((name) => journalIdOf(name) ?? 0)) + 1;
  await (await fileSystem.open(journalName(journalId), 'create')).close();
  await files.syncWritten();
  await fileSystem.syncDirectory();
  files.close();
  return {
    generation: checkpoint.generation + 1,
    logId: checkpoint.logId,
    journalId,
    sequence: end.sequence,
    crc: end.crc,
    nextTopicId: Math.max(checkpoint.nextTopicId, ...converted.map(({ id }) => id + 1)),
    nextFileId: target.nextFileId,
    topics: converted,
    groups: [...groups].map(([group, commits]) => ({ group, commits: [...commits.values()] })),
    alsoNeeded: [],
  };
}

interface Target {
  readonly files: OpenFiles;
  nextFileId: number;
  /** Written so far. */
  records: number;
  readonly total: number;
}

interface Place {
  readonly topic: string;
  readonly topicId: number;
  readonly partition: number;
  readonly start: number;
}

async function writeSegments(
  target: Target,
  { topic, topicId, partition, start }: Place,
  batches: AsyncIterable<readonly ProducerRecord[]>,
  { segmentBytes, onProgress }: UpgradeOptions,
): Promise<CheckpointSegment[]> {
  const segments: { -readonly [K in keyof CheckpointSegment]: CheckpointSegment[K] }[] = [];
  const now = Date.now();
  let offset = start;
  for await (const records of batches) {
    let segment = segments.at(-1);
    if (segment === undefined || segment.bytes >= segmentBytes) {
      const times = { maxTimestamp: -1, firstAppend: now, lastAppend: now };
      segment = { baseOffset: offset, fileId: target.nextFileId++, bytes: 0, ...times };
      segments.push(segment);
    }
    const { baseOffset, fileId } = segment;
    const bytes = batchAtOffset(records, offset);
    const name = segmentName({ topicId, partition, baseOffset, fileId });
    await target.files.write(name, segment.bytes, [bytes], { again: true });
    segment.bytes += bytes.length;
    segment.maxTimestamp = Math.max(segment.maxTimestamp, readLong(bytes, batchAt.maxTimestamp));
    offset += records.length;
    target.records += records.length;
    onProgress?.({ topic, partition, records: target.records, total: target.total });
  }
  return segments;
}

function batchAtOffset(records: readonly ProducerRecord[], baseOffset: number): Buffer {
  const bytes = records.reduce((sum, record) => sum + recordBytes(record), batchHeaderBytes);
  const whole = records.map((record) => ({ ...record, timestamp: Math.floor(record.timestamp) }));
  const fields = batchFields(baseOffset, { compression: 'none' });
  return writeBatch({ records: whole, from: 0, to: whole.length, bytes }, fields);
}
