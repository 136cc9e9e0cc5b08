import type { BytesStore } from '../bytes-store.ts';
import { type LogRecord, type ProducerRecord, toBytes } from '@millrace/log-client';
import type { ViewOptions } from '../layers/view-options.ts';
import type { StateStore } from '../state-store.ts';

/** What a test gets: an open store, and a way to close it and open it again. */
export interface Bench {
  store: BytesStore;
  /** Closes and opens the store; returns false where it would have forgotten everything. */
  restart(): Promise<boolean>;
}

export type StoreTest = (name: string, body: (bench: Bench) => Promise<void>) => void;

/** What a view is laid over; puts that name no timestamp have this one. */
export function over(backing: BytesStore, timestamp = 0): ViewOptions {
  return { backing, timestamp: () => timestamp };
}

export async function collect<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

/** What a store hands out for its changelog. */
export function takenChanges(store: StateStore): ProducerRecord[] {
  const changes: ProducerRecord[] = [];
  store.takeChanges(changes);
  return changes;
}

/** A changelog in an array: what stores hand out, with the offsets a log would give. */
export class MemoryChangelog {
  readonly records: LogRecord[] = [];

  append(changes: readonly ProducerRecord[]): void {
    for (const { key, value, timestamp, headers } of changes) {
      this.records.push({
        key: key === null ? null : toBytes(key),
        value: value === null ? null : toBytes(value),
        timestamp,
        headers,
        offset: this.records.length,
      });
    }
  }

  /** Commits a store's changes, as the runtime does. */
  commit(store: StateStore): void {
    this.append(takenChanges(store));
    store.committed(this.checkpoint(store), 0);
  }

  checkpoint(store: StateStore) {
    return { topicId: 'changelog', offset: this.records.length, streamTime: store.streamTime };
  }

  /** Replays into a store what its disk does not have yet. */
  restoreInto(store: StateStore): void {
    for (const record of this.records.slice(store.checkpoint?.offset ?? 0)) store.restore(record);
    store.committed(this.checkpoint(store), 0);
  }
}
