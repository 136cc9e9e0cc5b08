import type { LogClient, LogReader } from '@millrace/log-client';
import type { StateStore } from '@millrace/state-stores';
import type { Topology } from '../topology/topology.ts';
import { type GlobalTable, globalTablesOf } from './global-table.ts';

const batchRecords = 10_000;
/** While tables are read for the first time: long enough for a log that has to be asked over a network. */
const openingPollMs = 50;

/** All global tables of an instance, and the reader that keeps them up to date. */
export class GlobalTables {
  readonly #tables: ReadonlyMap<string, GlobalTable>;
  readonly #reader: LogReader;
  readonly stores: ReadonlyMap<string, StateStore>;

  private constructor(tables: readonly GlobalTable[], reader: LogReader) {
    this.#tables = new Map(tables.map((table) => [table.topic.name, table]));
    this.#reader = reader;
    this.stores = new Map(tables.map(({ store }) => [store.name, store]));
  }

  /** Reads every global topic to its present end. */
  static async open(topology: Topology, log: LogClient): Promise<GlobalTables | undefined> {
    const tables = globalTablesOf(topology);
    if (tables.length === 0) return undefined;
    const infos = await log.admin.topics(tables.map(({ topic }) => topic.name));
    const partitions = [...infos.values()].flatMap(({ name, partitions: count }) =>
      Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
    );
    const ranges = await log.admin.offsets(partitions);
    const positions = partitions.map((one, index) => ({ ...one, offset: ranges[index]!.start }));
    const global = new GlobalTables(tables, await log.reader(positions));
    while (partitions.some((one) => global.#reader.lag(one) !== 0)) await global.update(openingPollMs);
    return global;
  }

  /** Takes in what has come since. */
  async update(maxWaitMs = 0): Promise<void> {
    for (const { topic, records } of await this.#reader.poll({ maxWaitMs, maxRecords: batchRecords })) {
      await this.#tables.get(topic)?.update(records);
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
