import type { StoreSpec } from '@millrace/state-stores';
import type { Isolation, StateStore } from '@millrace/state-stores/runtime';

/** A partition of a store that can be read here. */
export interface StorePartition {
  readonly partition: number;
  readonly store: StateStore;
  /** Nothing is in it that is not committed: a copy, or a global table. */
  readonly isReplica: boolean;
  /** Of a copy: changelog records that it is behind. */
  readonly lag?: number;
  readonly isOpen: () => boolean;
  /**
   * The next offset of an input topic, as it is committed or as it is; undefined for one that is not read.
   */
  readonly position: (topic: string, isolation: Isolation) => number | undefined;
}

/** Where queries find the rows of a store: the tasks of an app, or those of a test driver. */
export interface StorePartitions {
  readonly spec: StoreSpec;
  /**
   * How many there are in all; undefined where every instance has all rows.
   * @throws StoreUnavailableError while that is not known
   */
  readonly count: () => number | undefined;
  /** Those that are worked on here, at this moment. */
  readonly here: () => readonly StorePartition[];
  /** As `here`. @throws StoreUnavailableError while some that belong here may be missing */
  readonly all: () => readonly StorePartition[];
  /**
   * The one with this number, or a copy that is behind by `maxLag` records at most.
   * @throws StoreUnavailableError where it is not here
   */
  readonly find: (partition: number, maxLag: number | undefined) => StorePartition;
  /** Resolves when something may have changed: a commit stands, a task has come or gone. */
  readonly changed: () => Promise<void>;
  /** Whether nothing will change any more. */
  readonly isOver: () => boolean;
}
