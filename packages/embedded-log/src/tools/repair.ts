import { batchAt, batchHeaderBytes, batchSize, writeBatchChecksum } from '@millrace/kafka-protocol';
import { isLogError, LogError, writeLong } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { describeTopic } from '../storage/checkpointer.ts';
import { type CheckpointPartition, type LogCheckpoint } from '../format/checkpoint.ts';
import { journalIdOf, journalName, segmentName, segmentOf } from '../format/file-names.ts';
import { groupOffsetsOf } from '../storage/log-state.ts';
import type { PartitionLog } from '../storage/partition-log.ts';
import { loadLog } from '../storage/recovery/load-log.ts';
import { OpenFiles } from '../storage/segments/open-files.ts';
import { describeSegment } from '../storage/segments/segment.ts';
import { writeSlot } from '../storage/write-slot.ts';
import { checkSegment, type DamagedStretch } from './check-segment.ts';
import { bytesOf } from './verify.ts';

/** Offsets that cannot be had back. */
export interface LostOffsets {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly nextOffset: number;
}

export interface RepairOptions {
  /** Writes the repaired log; else only says what would be lost. */
  readonly acceptLoss: boolean;
}

/**
 * Makes a log readable again whose segments are damaged: what cannot be read is left out, offsets stay as
 * they are. Returns what is lost, or would be.
 * @throws LogError `LOG_CORRUPT` where checkpoints or journal themselves are beyond repair
 */
export async function repairLog(
  fileSystem: FileSystem,
  { acceptLoss }: RepairOptions,
): Promise<LostOffsets[]> {
  const files = new OpenFiles(fileSystem);
  const loaded = await loadLog(fileSystem, files).catch((error: unknown) => {
    if (!isLogError(error, 'LOG_CORRUPT')) throw error;
    throw new LogError('LOG_CORRUPT', `${error.message}. This cannot be repaired: use a backup`, {
      cause: error,
    });
  });
  files.close();
  if (loaded === undefined) return [];
  const { state, checkpoint } = loaded;
  const lost: LostOffsets[] = [];
  let { nextFileId } = state;
  const topics: LogCheckpoint['topics'][number][] = [];
  for (const topic of state.topics.values()) {
    const partitions: CheckpointPartition[] = [];
    for (const log of topic.state) {
      const segments = [];
      for (const [index, segment] of log.segments.entries()) {
        const bytes = await bytesOf(fileSystem, segment);
        const { damaged } = checkSegment(bytes, segment.baseOffset, log.endOf(index));
        lost.push(...damaged.map((stretch) => lostOf(log, stretch)));
        const isWhole = damaged.length === 0 && segment.memory.all.length === 0;
        if (isWhole || !acceptLoss) {
          segments.push(describeSegment(segment));
          continue;
        }
        const fileId = nextFileId++;
        const repaired = withoutDamage(bytes, damaged);
        await writeFile(fileSystem, segmentName({ ...segment.id, fileId }), repaired);
        segments.push({ ...describeSegment(segment), fileId, bytes: repaired.length });
      }
      partitions.push({ start: log.start, end: log.end, segments });
    }
    topics.push({ ...describeTopic(topic), state: partitions });
  }
  if (!acceptLoss || lost.length === 0) return lost;
  const journalId = Math.max(...(await fileSystem.list()).map((name) => journalIdOf(name) ?? 0)) + 1;
  await writeFile(fileSystem, journalName(journalId), Buffer.alloc(0));
  await fileSystem.syncDirectory();
  const { logId, nextTopicId } = state;
  const { sequence, crc } = loaded.end;
  const groups = groupOffsetsOf(state);
  const base = { logId, journalId, sequence, crc, nextTopicId, nextFileId, topics, groups, alsoNeeded: [] };
  for (const generation of [checkpoint.generation + 1, checkpoint.generation + 2]) {
    await writeSlot(fileSystem, { ...base, generation });
  }
  await removeOthers(fileSystem, { ...base, generation: 0 });
  return lost;
}

function lostOf(
  { topic, partition }: PartitionLog,
  { firstOffset, nextOffset }: DamagedStretch,
): LostOffsets {
  return { topic, partition, firstOffset, nextOffset };
}

/** The bytes of a segment with an empty batch in the place of each damaged stretch. */
function withoutDamage(bytes: Buffer, damaged: readonly DamagedStretch[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { position, end, firstOffset, nextOffset } of damaged) {
    parts.push(bytes.subarray(at, position));
    if (nextOffset > firstOffset) parts.push(emptyBatch(firstOffset, nextOffset));
    at = end;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

function emptyBatch(firstOffset: number, nextOffset: number): Buffer {
  const batch = Buffer.alloc(batchHeaderBytes);
  writeLong(batch, firstOffset, 0);
  batch.writeInt32BE(batchHeaderBytes - batchAt.leaderEpoch, batchAt.length);
  batch[batchAt.magic] = 2;
  batch.writeInt32BE(nextOffset - firstOffset - 1, batchAt.lastOffsetDelta);
  for (const field of [batchAt.baseTimestamp, batchAt.maxTimestamp, batchAt.producerId]) {
    writeLong(batch, -1, field);
  }
  batch.writeInt16BE(-1, batchAt.producerEpoch);
  batch.writeInt32BE(-1, batchAt.baseSequence);
  writeBatchChecksum(batch, 0, batchSize(batch, 0));
  return batch;
}

async function writeFile(fileSystem: FileSystem, name: string, bytes: Buffer): Promise<void> {
  const file = await fileSystem.open(name, 'create');
  try {
    await file.write(0, [bytes]);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function removeOthers(fileSystem: FileSystem, { topics, journalId }: LogCheckpoint): Promise<void> {
  const needed = new Set(
    topics.flatMap(({ id: topicId, state }) =>
      state.flatMap(({ segments }, partition) =>
        segments.map((segment) => segmentName({ topicId, partition, ...segment })),
      ),
    ),
  );
  for (const name of await fileSystem.list()) {
    const segment = segmentOf(name);
    const isOld = (journalIdOf(name) ?? journalId) < journalId;
    if (isOld || (segment !== undefined && !needed.has(segment))) await fileSystem.remove(name);
  }
  await fileSystem.syncDirectory();
}
