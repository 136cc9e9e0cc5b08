import { LogError, type ProducerRecord } from '@millrace/log-client';
import type { FileSystem } from '../../files/file-system.ts';
import { readWhole } from '../../files/read-whole.ts';
import { readSlot } from '../../format/checkpoint.ts';
import { checkpointSlots } from '../../format/file-names.ts';
import type { GroupOffsets } from '../../format/log-event.ts';
import type { JournalEnd } from '../../storage/commit/journal.ts';
import { damaged, readJournals } from '../../storage/recovery/read-journals.ts';
import { segmentNameV1 } from './file-names.ts';
import { decodeFrameV1, type FrameV1, type LogEventV1, type TopicCreatedV1 } from './frame.ts';
import { batchHeaderBytesV1, batchIsIntactV1, readBatchHeaderV1, readBatchV1 } from './record-batch.ts';

/** A checkpoint of format version 1. */
export interface CheckpointV1 {
  readonly generation: number;
  readonly logId: string;
  readonly journalId: number;
  readonly sequence: number;
  readonly crc: number;
  readonly nextTopicId: number;
  readonly topics: readonly (TopicCreatedV1 & {
    readonly state: readonly {
      readonly start: number;
      readonly end: number;
      readonly segments: readonly (readonly [baseOffset: number, bytes: number])[];
    }[];
  })[];
  readonly groups: readonly { readonly group: string; readonly offsets: GroupOffsets['commits'] }[];
}

interface PartitionV1 {
  start: number;
  end: number;
  readonly segments: readonly { readonly name: string; readonly bytes: number }[];
  /** What the journal alone holds. */
  readonly batches: Buffer[];
}

/** A log of format version 1, as it was found: nothing of it is changed. */
export interface LogV1 {
  readonly checkpoint: CheckpointV1;
  readonly topics: ReadonlyMap<number, TopicCreatedV1 & { readonly state: PartitionV1[] }>;
  /** By group, then by topic id and partition. */
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, GroupOffsets['commits'][number]>>;
  readonly end: JournalEnd;
}

type Mutable = {
  topics: Map<number, TopicCreatedV1 & { state: PartitionV1[] }>;
  groups: Map<string, Map<string, GroupOffsets['commits'][number]>>;
};

/** The newest valid checkpoint of format version 1; undefined where there is none. */
export async function readCheckpointV1(fileSystem: FileSystem): Promise<CheckpointV1 | undefined> {
  const names = await fileSystem.list();
  let newest: CheckpointV1 | undefined;
  for (const name of checkpointSlots) {
    if (!names.includes(name)) continue;
    const slot = readSlot(await readWhole(fileSystem, name));
    if (slot?.version !== 1) continue;
    const checkpoint = JSON.parse(slot.json.toString('utf8')) as CheckpointV1;
    if (newest === undefined || checkpoint.generation > newest.generation) newest = checkpoint;
  }
  return newest;
}

/** Reads checkpoint and journal. @throws LogError `LOG_CORRUPT` */
export async function readLogV1(fileSystem: FileSystem, checkpoint: CheckpointV1): Promise<LogV1> {
  const state: Mutable = { topics: new Map(), groups: new Map() };
  for (const { state: partitions, ...topic } of checkpoint.topics) {
    const opened = partitions.map(({ start, end, segments }, partition) => ({
      start,
      end,
      segments: segments.map(([base, bytes]) => ({ name: segmentNameV1(topic.id, partition, base), bytes })),
      batches: [],
    }));
    state.topics.set(topic.id, { ...topic, state: opened });
  }
  for (const { group, offsets } of checkpoint.groups)
    applyEvent(state, { offsets: { group, commits: offsets } });
  await assertSegments(fileSystem, state);
  const { frames, end } = await readJournals(
    { fileSystem, names: await fileSystem.list() },
    checkpoint,
    decodeFrameV1,
  );
  for (const frame of frames) applyFrame(state, frame);
  return { checkpoint, ...state, end };
}

async function assertSegments(fileSystem: FileSystem, { topics }: Mutable): Promise<void> {
  const names = new Set(await fileSystem.list());
  for (const { state } of topics.values()) {
    for (const { name, bytes } of state.flatMap(({ segments }) => segments)) {
      if (!names.has(name)) throw damaged(fileSystem, `segment ${name} is missing`);
      const file = await fileSystem.open(name, 'existing');
      const size = await file.size().finally(() => file.close());
      if (size < bytes) throw damaged(fileSystem, `segment ${name} has ${size} of ${bytes} bytes`);
    }
  }
}

function applyFrame(state: Mutable, { event, batches }: FrameV1): void {
  for (const created of event.created ?? []) {
    state.topics.set(created.id, { ...created, state: Array.from({ length: created.partitions }, emptyV1) });
  }
  for (const [id, partitions] of event.grown ?? []) {
    const topic = state.topics.get(id);
    if (topic === undefined) continue;
    const added = Array.from({ length: partitions - topic.state.length }, emptyV1);
    state.topics.set(id, { ...topic, partitions, state: [...topic.state, ...added] });
  }
  for (const { topicId, partition, bytes } of batches) {
    const log = state.topics.get(topicId)?.state[partition];
    const { baseOffset, count } = readBatchHeaderV1(bytes, 0);
    if (log === undefined || baseOffset !== log.end) {
      throw new LogError(
        'LOG_CORRUPT',
        `The journal does not continue partition ${partition} of topic ${topicId}`,
      );
    }
    log.batches.push(bytes);
    log.end += count;
  }
  applyEvent(state, event);
}

function applyEvent(state: Mutable, { starts, offsets, deleted }: LogEventV1): void {
  for (const [topicId, partition, offset] of starts ?? []) {
    const log = state.topics.get(topicId)?.state[partition];
    if (log !== undefined) log.start = Math.max(log.start, Math.min(offset, log.end));
  }
  if (offsets !== undefined) {
    const committed = state.groups.get(offsets.group) ?? new Map();
    state.groups.set(offsets.group, committed);
    for (const commit of offsets.commits) committed.set(`${commit[0]}-${commit[1]}`, commit);
  }
  for (const id of deleted ?? []) {
    state.topics.delete(id);
    for (const committed of state.groups.values()) {
      for (const [key, [topicId]] of committed) if (topicId === id) committed.delete(key);
    }
  }
}

function emptyV1(): PartitionV1 {
  return { start: 0, end: 0, segments: [], batches: [] };
}

const chunkBytes = 4 << 20;

/** The records of a partition from its start on, a batch at a time. @throws LogError `LOG_CORRUPT` */
export async function* recordsOf(
  fileSystem: FileSystem,
  { start, segments, batches }: PartitionV1,
): AsyncGenerator<readonly ProducerRecord[]> {
  for (const { name, bytes } of segments) {
    const file = await fileSystem.open(name, 'existing');
    try {
      for (let position = 0; position < bytes; ) {
        let chunk = await file.read(position, Math.min(chunkBytes, bytes - position));
        const size = chunk.length < batchHeaderBytesV1 ? 0 : readBatchHeaderV1(chunk, 0).size;
        if (size > chunk.length) chunk = await file.read(position, Math.min(size, bytes - position));
        const at = yield* batchesIn(chunk, start);
        if (at === 0) throw damaged(fileSystem, `segment ${name} is unreadable at byte ${position}`);
        position += at;
      }
    } finally {
      await file.close();
    }
  }
  for (const bytes of batches) yield* batchesIn(bytes, start);
}

/** Gives the records of whole batches; returns where the first begins that is not whole or not intact. */
function* batchesIn(chunk: Buffer, start: number): Generator<readonly ProducerRecord[], number> {
  let at = 0;
  while (at + batchHeaderBytesV1 <= chunk.length) {
    const { size, baseOffset, count } = readBatchHeaderV1(chunk, at);
    if (at + size > chunk.length || !batchIsIntactV1(chunk, at, size)) break;
    if (baseOffset + count > start) {
      const records = readBatchV1(chunk, at);
      yield baseOffset < start ? records.slice(start - baseOffset) : records;
    }
    at += size;
  }
  return at;
}
