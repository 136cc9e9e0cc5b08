import { isControlBatch } from '@millrace/kafka-protocol';
import { readLong } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import type { CheckpointSegment } from '../format/checkpoint-segment.ts';
import { segmentName } from '../format/file-names.ts';
import { type AbortedRange, isInAborted } from '../storage/partition-producers.ts';
import { OffsetMap } from './offset-map.ts';
import { RawRecords } from './raw-records.ts';
import { SegmentSink } from './segment-sink.ts';
import { batchesOf, type SourceBatch, ReadThrottle } from './segment-source.ts';

/** What one pass over a partition is given. Plain data: it goes to a worker thread. */
export interface CleanPlan {
  readonly topicId: number;
  readonly partition: number;
  /** The sealed segments to go through, oldest first. */
  readonly segments: readonly CheckpointSegment[];
  /** Where the first segment begins that is not gone through. */
  readonly endOffset: number;
  /** What is before this offset has been compacted in itself. */
  readonly cleanedUpTo: number;
  /** Transactions of clients that were aborted: nothing of them is left. */
  readonly aborted: readonly AbortedRange[];
  /** Ids for the files that are written: as many as segments. One that begins with a segment has its id. */
  readonly firstFileId: number;
  readonly segmentBytes: number;
  readonly deleteRetentionMs: number;
  /** In milliseconds since the epoch. */
  readonly now: number;
  readonly memoryBytes: number;
  readonly bytesPerSecond: number;
}

export interface CleanResult {
  /** The segments that replace those of the plan. */
  readonly segments: readonly CheckpointSegment[];
  readonly cleanedUpTo: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly keys: number;
}

/** Segments that become one. */
interface Group {
  readonly segments: CheckpointSegment[];
  /** Of the file that is written. */
  readonly fileId: number;
  readonly endOffset: number;
}

/**
 * Rewrites segments so that of each key only its last record is left. Records keep their offsets and their
 * bytes. Tombstones go a while after the pass that first kept them. With more keys than memory holds, the
 * pass covers what fits, in the middle of a segment where need be, and the next one goes on from there.
 */
export async function cleanPass(fileSystem: FileSystem, plan: CleanPlan): Promise<CleanResult> {
  const throttle = new ReadThrottle(plan.bytesPerSecond);
  const map = new OffsetMap(plan.memoryBytes);
  const mappedUpTo = await fillMap(fileSystem, plan, { map, throttle });
  const segments: CheckpointSegment[] = [];
  for (const group of groupsOf(plan)) {
    const written = await rewrite(fileSystem, { plan, group, map, throttle, mappedUpTo });
    if (written !== undefined) segments.push(written);
  }
  return {
    segments,
    cleanedUpTo: mappedUpTo,
    bytesBefore: sum(plan.segments),
    bytesAfter: sum(segments),
    keys: map.size,
  };
}

function sum(segments: readonly CheckpointSegment[]): number {
  return segments.reduce((total, { bytes }) => total + bytes, 0);
}

interface Tools {
  readonly map: OffsetMap;
  readonly throttle: ReadThrottle;
}

/** Notes the last offset of each key that came since the last pass. Returns how far the map's memory went. */
async function fillMap(fileSystem: FileSystem, plan: CleanPlan, { map, throttle }: Tools): Promise<number> {
  const raw = new RawRecords();
  for (const [index, segment] of plan.segments.entries()) {
    const end = plan.segments[index + 1]?.baseOffset ?? plan.endOffset;
    if (end <= plan.cleanedUpTo) continue;
    const file = { name: segmentName({ ...plan, ...segment }), bytes: segment.bytes };
    for await (const batches of batchesOf(fileSystem, file, throttle)) {
      for (const batch of batches) {
        const baseOffset = readLong(batch.source, batch.at);
        if (isVoid(batch, plan)) continue;
        if (!mapBatch(map, raw, batch, plan.cleanedUpTo)) return baseOffset;
      }
    }
  }
  return plan.endOffset;
}

/** Whether a batch marks the end of a transaction, or belongs to one that was aborted. */
function isVoid({ source, at }: SourceBatch, { aborted }: CleanPlan): boolean {
  return isControlBatch(source, at) || isInAborted(aborted, source, at);
}

/** Whether all keys of the batch had room. */
function mapBatch(map: OffsetMap, raw: RawRecords, batch: SourceBatch, from: number): boolean {
  const baseOffset = readLong(batch.source, batch.at);
  raw.begin(batch.body, batch.bodyStart, batch.bodyEnd);
  while (raw.next()) {
    const { keyStart, keyEnd, offsetDelta } = raw.record;
    if (keyEnd < keyStart || baseOffset + offsetDelta < from) continue;
    if (!map.put(batch.body, keyStart, keyEnd, baseOffset + offsetDelta)) return false;
  }
  return true;
}

/**
 * Small neighbours become one segment, unless their tombstones are of different age: these would have to
 * wait for the youngest, again after each pass.
 */
function groupsOf({ segments, endOffset, segmentBytes, cleanedUpTo, firstFileId }: CleanPlan): Group[] {
  const groups: Group[] = [];
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.baseOffset ?? endOffset;
    const last = groups.at(-1);
    const first = last?.segments[0];
    const fits =
      last !== undefined &&
      sum(last.segments) + segment.bytes <= segmentBytes &&
      first?.tombstonesSince === segment.tombstonesSince &&
      first!.baseOffset < cleanedUpTo === segment.baseOffset < cleanedUpTo;
    if (fits) groups[groups.length - 1] = { ...last, segments: [...last.segments, segment], endOffset: end };
    else groups.push({ segments: [segment], endOffset: end, fileId: firstFileId + index });
  }
  return groups;
}

interface Rewrite extends Tools {
  readonly plan: CleanPlan;
  readonly group: Group;
  /** The map knows the keys up to this offset. */
  readonly mappedUpTo: number;
}

async function rewrite(fileSystem: FileSystem, given: Rewrite): Promise<CheckpointSegment | undefined> {
  const { plan, group, throttle } = given;
  const { fileId } = group;
  const [first] = group.segments;
  const { baseOffset, tombstonesSince } = first!;
  const name = segmentName({ ...plan, baseOffset, fileId });
  const sink = await SegmentSink.create(fileSystem, name, baseOffset);
  const selection = new Selection(given, tombstonesSince);
  try {
    for (const segment of group.segments) {
      const file = { name: segmentName({ ...plan, ...segment }), bytes: segment.bytes };
      for await (const batches of batchesOf(fileSystem, file, throttle)) {
        for (const batch of batches) {
          const kept = isVoid(batch, plan) ? 0 : selection.select(batch);
          if (kept > 0) await sink.add(batch, kept, selection.records);
        }
      }
    }
  } catch (error) {
    await sink.abandon();
    throw error;
  }
  const { bytes, maxTimestamp } = await sink.finish(fileSystem, name, group.endOffset);
  if (bytes === 0) return undefined;
  const firstAppend = first!.firstAppend;
  const lastAppend = Math.max(...group.segments.map((segment) => segment.lastAppend));
  const since = selection.hasTombstones ? { tombstonesSince: tombstonesSince ?? plan.now } : {};
  return { baseOffset, fileId, bytes, maxTimestamp, firstAppend, lastAppend, ...since };
}

/** Which records of batches are left, and their bytes one after the other. */
class Selection {
  readonly #map: OffsetMap;
  readonly #mappedUpTo: number;
  readonly #dropsTombstones: boolean;
  readonly #raw = new RawRecords();
  #buffer = Buffer.allocUnsafeSlow(1 << 16);
  #used = 0;
  hasTombstones = false;

  constructor({ map, mappedUpTo, plan }: Rewrite, tombstonesSince: number | undefined) {
    this.#map = map;
    this.#mappedUpTo = mappedUpTo;
    this.#dropsTombstones =
      tombstonesSince !== undefined && plan.now - tombstonesSince >= plan.deleteRetentionMs;
  }

  get records(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  /** Returns how many records of the batch are left; {@link records} has them. */
  select(batch: SourceBatch): number {
    const { body, bodyStart, bodyEnd } = batch;
    const baseOffset = readLong(batch.source, batch.at);
    this.#used = 0;
    if (this.#buffer.length < bodyEnd - bodyStart) {
      this.#buffer = Buffer.allocUnsafeSlow(2 * (bodyEnd - bodyStart));
    }
    let count = 0;
    this.#raw.begin(body, bodyStart, bodyEnd);
    while (this.#raw.next()) {
      const { start, end } = this.#raw.record;
      if (!this.#isLeft(body, baseOffset)) continue;
      body.copy(this.#buffer, this.#used, start, end);
      this.#used += end - start;
      count++;
    }
    return count;
  }

  #isLeft(body: Buffer, baseOffset: number): boolean {
    const { keyStart, keyEnd, offsetDelta, hasValue } = this.#raw.record;
    const offset = baseOffset + offsetDelta;
    // Without a key there is nothing that could replace it.
    if (keyEnd < keyStart) return true;
    if (offset < this.#mappedUpTo && this.#map.get(body, keyStart, keyEnd) > offset) return false;
    if (hasValue) return true;
    // What is past the map may have older values left before it.
    if (this.#dropsTombstones && offset < this.#mappedUpTo) return false;
    this.hasTombstones = true;
    return true;
  }
}
