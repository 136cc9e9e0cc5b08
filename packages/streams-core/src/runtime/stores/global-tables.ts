import type { LogClient, LogReader } from '@millrace/log-client';
import type { StateStore } from '@millrace/state-stores/runtime';
import type { Topology } from '../../topology/built/topology.ts';
import type { InputListener } from '../../handlers.ts';
import { type GlobalTable, type GlobalTableHandlers, globalTablesOf } from './global-table.ts';

const batchRecords = 10_000;
/** While tables are read for the first time: long enough for a log that has to be asked over a network. */
const openingPollMs = 50;

export interface GlobalTablesOptions extends GlobalTableHandlers {
  readonly log: LogClient;
  readonly signal: AbortSignal;
  readonly inputListener: InputListener | undefined;
}

/** All global tables of an instance, and the reader that keeps them up to date. */
export class GlobalTables {
  readonly #tables: ReadonlyMap<string, GlobalTable>;
  readonly #reader: LogReader;
  readonly #inputListener: InputListener | undefined;
  readonly stores: ReadonlyMap<string, StateStore>;

  private constructor(
    tables: readonly GlobalTable[],
    reader: LogReader,
    inputListener: InputListener | undefined,
  ) {
    this.#inputListener = inputListener;
    this.#tables = new Map(tables.map((table) => [table.topic.name, table]));
    this.#reader = reader;
    this.stores = new Map(tables.map(({ store }) => [store.name, store]));
  }

  /** Reads every global topic to its present end, unless `signal` says to stop. */
  static async open(
    topology: Topology,
    { log, signal, inputListener, ...handlers }: GlobalTablesOptions,
  ): Promise<GlobalTables | undefined> {
    const tables = globalTablesOf(topology, handlers);
    if (tables.length === 0) return undefined;
    const infos = await log.admin.topics(tables.map(({ topic }) => topic.name));
    const partitions = [...infos.values()].flatMap(({ name, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
    );
    const ranges = await log.admin.offsets(partitions);
    const positions = partitions.map((one, index) => ({ ...one, offset: ranges[index]!.start }));
    const global = new GlobalTables(tables, await log.reader(positions), inputListener);
    try {
      while (partitions.some((one) => global.#reader.lag(one) !== 0)) {
        signal.throwIfAborted();
        await global.update(openingPollMs);
      }
      return global;
    } catch (error) {
      await global.close();
      throw error;
    }
  }

  /** Records that were left out of all tables. */
  get dropped(): number {
    let sum = 0;
    for (const table of this.#tables.values()) sum += table.dropped;
    return sum;
  }

  /** Takes in what has come since. */
  async update(maxWaitMs = 0): Promise<void> {
    const batches = await this.#reader.poll({ maxWaitMs, maxRecords: batchRecords });
    for (const { topic, partition, records } of batches) {
      this.#inputListener?.({ topic, partition, records });
      const pending = this.#tables.get(topic)?.update(records, partition);
      if (pending !== undefined) await pending;
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
