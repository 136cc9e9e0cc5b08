import type { LogClient, LogRecord, TopicInfo } from '@millrace/log-client';
import type { Checkpoint, StateStore } from '@millrace/state-stores/runtime';
import type { StateRestoreListener, StoreRestore } from '../../handlers.ts';

/** A store's changelog partition. */
export interface Changelog {
  readonly taskId: string;
  readonly topic: TopicInfo;
  readonly partition: number;
}

const batchRecords = 10_000;
/** Long enough for a log that answers at all. */
const pollMs = 1000;

/** Why what a store has on disk is not part of this changelog's history; undefined where it is. */
export function misfitOf(
  checkpoint: Checkpoint | undefined,
  topic: TopicInfo,
  { start, end }: { readonly start: number; readonly end: number },
): string | undefined {
  if (checkpoint === undefined) return undefined;
  const { offset, topicId } = checkpoint;
  if (topicId !== topic.id) return 'the topic was deleted and created again since the store was written';
  // The log has lost its end: the store would hold what never happened.
  if (offset > end) return `the store stands at offset ${offset}, the topic ends at ${end}`;
  // Deletes between the checkpoint and the start of the log may be gone for good.
  return offset < start ? `the store stands at offset ${offset}, the topic starts at ${start}` : undefined;
}

export interface RestoreOptions {
  readonly log: LogClient;
  readonly changelog: Changelog;
  readonly range: { readonly start: number; readonly end: number };
  readonly listener: StateRestoreListener;
  /** Ends it before it is done: what was taken in stays, with its place. */
  readonly signal: AbortSignal;
  /** Whether a record is to be taken in; undefined: all are. For topics that others write too. */
  readonly accepts: ((record: LogRecord) => boolean) | undefined;
}

/** Replays a changelog into its store, from where the store stands to the end. */
export async function restoreStore(
  store: StateStore,
  { log, changelog: { taskId, topic, partition }, range, listener, signal, accepts }: RestoreOptions,
): Promise<void> {
  const startOffset = store.checkpoint?.offset ?? range.start;
  if (startOffset >= range.end) return;
  const restore: StoreRestore = {
    taskId,
    store: store.name,
    topic: topic.name,
    partition,
    startOffset,
    endOffset: range.end,
  };
  listener.onRestoreStart?.(restore);
  const reader = await log.reader([{ topic: topic.name, partition, offset: startOffset }]);
  let records = 0;
  try {
    for (let offset = startOffset; offset < range.end; ) {
      signal.throwIfAborted();
      for (const batch of await reader.poll({ maxWaitMs: pollMs, maxRecords: batchRecords })) {
        const within = batch.records.filter((record) => record.offset < range.end);
        for (const record of within) if (accepts?.(record) ?? true) store.restore(record);
        records += within.length;
        offset = Math.min(batch.nextOffset, range.end);
        store.committed({ topicId: topic.id, offset, streamTime: store.streamTime }, Date.now());
        listener.onBatchRestored?.(restore, offset, within.length);
      }
    }
  } finally {
    await reader.close();
  }
  listener.onRestoreEnd?.(restore, records);
}
