import type { LogRecord, RecordList } from '@millrace/log-client';
import type { Checkpoint } from './bytes-store.ts';
import type { Isolation, StoreQueries } from './kinds/store-queries.ts';
import type { StoreStats } from './layers/write-back.ts';
import type { RowStore } from './kinds/row-store.ts';

/** Where a store's changes are put for its changelog. */
export type ChangeList = Pick<RecordList, 'push' | 'copies'>;

/** What the runtime needs of every store, whatever its kind: to log, commit, restore and close it. */
export interface StateStore {
  readonly name: string;
  readonly kind: string;
  /** Of a store that tables can be stored in. */
  readonly rows?: RowStore<unknown, unknown>;
  /** The only part of the store that user code gets: reads and puts, none of what follows here. */
  readonly face: object;
  /** The largest timestamp this store has seen; -1 where it keeps none. */
  readonly streamTime: number;
  /** Where the bytes on disk stand in the changelog. */
  readonly checkpoint: Checkpoint | undefined;
  readonly stats: StoreStats;
  /** Brings what must be in memory there. Called once, before anything else. */
  load(): void | Promise<void>;
  /**
   * Adds the changelog records for what changed since the last call to a list, the last value of each key
   * only. Without a list nothing is made of them, but it counts as taken.
   */
  takeChanges(into?: ChangeList): void;
  /** Applies a changelog record. */
  restore(record: LogRecord): void;
  /**
   * Whether it would like to write to disk: then nothing may change between the next commit and `committed`.
   */
  wantsFlush(now: number): boolean;
  /**
   * What `takeChanges` gave is committed up to `checkpoint`; if nothing has changed since, it may write to
   * disk now. `now` in milliseconds.
   */
  committed(checkpoint: Checkpoint | undefined, now: number): void;
  /** All that was taken is committed, whatever `committed` was called with. */
  commitStands(): void;
  /** Keeps what is committed apart from what is not, from now on, so that queries can tell them apart. */
  track(): void;
  /**
   * Whether `queries('committed')` is right already: not before what was changed before `track` is committed.
   */
  readonly knowsCommitted: boolean;
  /** Reads that change nothing, not even what is kept in memory; undefined for kinds that nobody asks. */
  queries?(isolation: Isolation): StoreQueries;
  /** Writes all of it to disk, with the checkpoint it corresponds to. Everything must be committed. */
  flush(checkpoint: Checkpoint | undefined): void | Promise<void>;
  /** Closes without writing: what is not on disk is in the changelog. */
  close(): void | Promise<void>;
}
