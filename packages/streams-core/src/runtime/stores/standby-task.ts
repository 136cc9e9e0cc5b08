import type { LogClient, LogReader } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { StateStore } from '@millrace/state-stores/runtime';
import { changelogName } from '../../topology/built/internal-topics.ts';
import type { SubTopology } from '../../topology/built/sub-topologies.ts';
import type { DeserializationExceptionHandler, StateRestoreListener } from '../../handlers.ts';
import type { Logger } from '../../logger.ts';
import { openStores } from './open-stores.ts';
import { TaskClock } from '../task/task-clock.ts';
import { type TaskId, taskName } from '../task/task-id.ts';

export interface StandbyTaskOptions {
  readonly id: TaskId;
  readonly subTopology: SubTopology;
  readonly applicationId: string;
  readonly stateDir: string | undefined;
  readonly log: LogClient;
  readonly listener: StateRestoreListener;
  readonly onDeserializationError: DeserializationExceptionHandler;
  /** How long to wait for changes at a time, in milliseconds. */
  readonly pollMs: number;
  readonly logger: Logger;
  /** A copy was written to disk and closed. */
  readonly onClosed: (task: string, store: StateStore) => void;
}

const batchRecords = 10_000;

/**
 * Whether a store is one that a copy on disk helps: a store in memory is restored in full at each start
 * anyway.
 */
export function hasStandby({ persistent, logging, sourceTopic }: StoreSpec): boolean {
  return persistent && logging && sourceTopic === undefined;
}

/** A store that is a copy of another instance's. */
export interface StoreCopy {
  readonly store: StateStore;
  /** Changelog records that it has not taken in yet. */
  readonly lag: number;
}

interface Copy {
  readonly store: StateStore;
  readonly topicId: string;
  /** How far the changelog has been taken in. */
  offset: number;
}

/**
 * Keeps a copy of the stores of a task that another instance works on, so that this one can take it over at
 * once.
 */
export class StandbyTask {
  readonly #options: StandbyTaskOptions;
  readonly #done: Promise<void>;
  #isWarm = false;
  /** The copies that are being followed. */
  #following: { readonly copies: ReadonlyMap<string, Copy>; readonly reader: LogReader } | undefined;
  readonly #stop = new AbortController();

  /** `onFailure` is called with the error that ends it before it is closed. */
  constructor(options: StandbyTaskOptions, onFailure: (error: unknown) => void) {
    this.#options = options;
    this.#done = this.#run().catch((error: unknown) => {
      // Closed while it restored: what it has taken in stays, with its place.
      if (!this.#stop.signal.aborted) onFailure(error);
    });
  }

  get name(): string {
    return taskName(this.#options.id);
  }

  /** Whether its stores have once been as far as their changelogs. */
  get isWarm(): boolean {
    return this.#isWarm;
  }

  /** The copy of a store, while it follows its changelog. */
  copy(store: string): StoreCopy | undefined {
    const { copies, reader } = this.#following ?? {};
    const topic = changelogName(this.#options.applicationId, store);
    const found = copies?.get(topic);
    if (found === undefined || reader === undefined) return undefined;
    // Not known before the first poll has said how far the changelog goes.
    const lag = reader.lag({ topic, partition: this.#options.id.partition }) ?? Number.POSITIVE_INFINITY;
    return { store: found.store, lag };
  }

  /** How far each copy is behind. */
  get lags(): readonly { readonly store: string; readonly lag: number }[] {
    const { copies } = this.#following ?? {};
    return [...(copies?.values() ?? [])].map(({ store }) => ({
      store: store.name,
      lag: this.copy(store.name)!.lag,
    }));
  }

  async #run(): Promise<void> {
    const { id, subTopology, applicationId, stateDir, log, listener, onDeserializationError, logger } =
      this.#options;
    const specs = subTopology.stores.filter(hasStandby);
    const topics = await log.admin.topics(specs.map(({ name }) => changelogName(applicationId, name)));
    const partitions = [...topics.keys()].map((topic) => ({ topic, partition: id.partition }));
    // Before the stores are: what comes in between is taken in twice, in order, which changes nothing.
    const ranges = await log.admin.offsets(partitions, { awaitTransactions: true });
    const stores = await openStores({
      id,
      subTopology: { ...subTopology, stores: specs },
      applicationId,
      stateDir,
      log,
      clock: new TaskClock(id.partition),
      listener,
      realName: (topic) => topic,
      inputs: [],
      onDeserializationError,
      signal: this.#stop.signal,
      validate: false,
      logger,
    });
    const copies = new Map<string, Copy>();
    for (const { name } of specs) {
      const topic = changelogName(applicationId, name);
      const at = partitions.findIndex((one) => one.topic === topic);
      copies.set(topic, {
        store: stores.get(name)!,
        topicId: topics.get(topic)!.id,
        offset: ranges[at]!.end,
      });
    }
    try {
      const reader = await log.reader(
        partitions.map((one) => ({ ...one, offset: copies.get(one.topic)!.offset })),
      );
      this.#isWarm = true;
      this.#following = { copies, reader };
      await this.#follow(reader, copies).finally(() => {
        this.#following = undefined;
        return reader.close();
      });
    } finally {
      for (const copy of copies.values()) {
        await copy.store.flush(checkpointOf(copy));
        await copy.store.close();
        this.#options.onClosed(this.name, copy.store);
      }
    }
  }

  async #follow(reader: LogReader, copies: ReadonlyMap<string, Copy>): Promise<void> {
    const { pollMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      for (const { topic, records, nextOffset } of await reader.poll({
        maxWaitMs: pollMs,
        maxRecords: batchRecords,
      })) {
        const copy = copies.get(topic)!;
        for (const record of records) copy.store.restore(record);
        copy.offset = nextOffset;
        copy.store.committed(checkpointOf(copy), Date.now());
      }
    }
  }

  /** Flushes and closes its stores. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

function checkpointOf({ store, topicId, offset }: Copy) {
  return { topicId, offset, streamTime: store.streamTime };
}
