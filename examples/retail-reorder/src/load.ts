import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LogClient,
  type LogProducer,
  noHeaders,
  type OffsetCommit,
  type PartitionRecords,
  type ProducerRecord,
  partitionForKey,
  type TopicInfo,
} from '@millrace/log-client';
import type { SinkTopic } from '@millrace/streams-core';
import { type DataFile, rows } from './data-files.ts';
import { ProductRow, parseDateTime, type Row, ShipmentRow } from './schemas.ts';
import { products, sales, shipments } from './topics.ts';
import { UsageError } from './usage-error.ts';

const group = 'retail-loader';
const chunkRows = 2000;
const waitMs = 200;
const day = 86_400_000;

interface Loadable {
  readonly file: DataFile;
  readonly topic: SinkTopic<string, never>;
  /** The value of a row; undefined for one that cannot be read. */
  readonly value: (row: Row) => unknown;
  readonly dateColumn?: string;
}

const loadables: readonly Loadable[] = [
  { file: 'products', topic: products, value: (row) => ProductRow.safeParse(row).data },
  {
    file: 'shipments',
    topic: shipments,
    value: (row) => ShipmentRow.safeParse(row).data,
    dateColumn: 'ReceivedDate',
  },
  { file: 'sales', topic: sales, value: (row) => row, dateColumn: 'InvoiceDate' },
];

export interface LoadOptions {
  readonly dir: string;
  readonly partitions: number;
  /** Says which data and settings the log is for; another one is refused. */
  readonly run: string;
  readonly onProgress: (rows: number) => void;
}

/** How many rows were loaded, now or before, and how many of them could not be read and were left out. */
export interface Loaded {
  readonly rows: number;
  readonly unreadable: number;
}

/**
 * Loads the files into their topics. How far it has got is committed with the rows themselves, so that a load
 * that was cut off goes on where it stopped, with nothing twice.
 */
export async function load(log: LogClient, options: LoadOptions): Promise<Loaded> {
  const firstSale = await earliestSale(options.dir);
  // A loader that was cut off, wherever it is, can write nothing more.
  const producer = await log.producer({ transactionalId: group });
  let total: Loaded = { rows: 0, unreadable: 0 };
  for (const loadable of loadables) {
    const loaded = await loadFile(log, producer, { ...loadable, firstSale }, options);
    total = { rows: total.rows + loaded.rows, unreadable: total.unreadable + loaded.unreadable };
  }
  await producer.close();
  return total;
}

/** The smallest date among the sales that have one; 0 where none has. */
async function earliestSale(dir: string): Promise<number> {
  let earliest = Number.POSITIVE_INFINITY;
  for await (const row of rows(dir, 'sales')) {
    earliest = Math.min(earliest, parseDateTime(row['InvoiceDate'] ?? '') ?? earliest);
  }
  return Number.isFinite(earliest) ? earliest : 0;
}

async function loadFile(
  log: LogClient,
  producer: LogProducer,
  { file, topic, value, dateColumn, firstSale }: Loadable & { readonly firstSale: number },
  { dir, partitions, run, onProgress }: LoadOptions,
): Promise<Loaded> {
  const { id } = await topicInfo(log, topic.name);
  const done = await rowsLoaded(log, topic.name, run);
  let timestamp = firstSale - (dateColumn === undefined ? day : 0);
  let count = 0;
  let unreadable = 0;
  let chunk: ProducerRecord[][] = Array.from({ length: partitions }, () => []);
  const commit = async (): Promise<void> => {
    const commits: OffsetCommit[] = [
      { topic: topic.name, partition: 0, offset: count, metadata: `${id} ${run}` },
    ];
    await producer.commit({ records: placed(topic.name, chunk), offsets: { group, commits } });
    chunk = chunk.map(() => []);
  };
  for await (const row of rows(dir, file)) {
    if (dateColumn !== undefined) timestamp = parseDateTime(row[dateColumn] ?? '') ?? timestamp;
    count++;
    const parsed = value(row);
    if (parsed === undefined) unreadable++;
    if (count > done && parsed !== undefined) {
      const key = Buffer.from(row['StockCode'] ?? '');
      const bytes = topic.value.serialize(parsed as never);
      chunk[partitionForKey(key, partitions)]!.push({ key, value: bytes, timestamp, headers: noHeaders });
    }
    if (count % chunkRows === 0) {
      if (count > done) await commit();
      onProgress(chunkRows);
    }
  }
  if (count > done || done === 0) await commit();
  onProgress(count % chunkRows);
  return { rows: count, unreadable };
}

/** Waits until another run has loaded the files. */
export async function waitUntilLoaded(
  log: LogClient,
  { dir, run, onProgress }: LoadOptions,
): Promise<Loaded> {
  let total: Loaded = { rows: 0, unreadable: 0 };
  for (const { file, topic, value } of loadables) {
    let count = 0;
    let unreadable = 0;
    for await (const row of rows(dir, file)) {
      count++;
      if (value(row) === undefined) unreadable++;
    }
    for (let done = 0; ; ) {
      const now = await rowsLoaded(log, topic.name, run);
      onProgress(now - done);
      done = now;
      if (done >= count) break;
      await sleep(waitMs);
    }
    total = { rows: total.rows + count, unreadable: total.unreadable + unreadable };
  }
  return total;
}

function placed(topic: string, chunk: readonly (readonly ProducerRecord[])[]): PartitionRecords[] {
  return chunk.flatMap((records, partition) => (records.length === 0 ? [] : [{ topic, partition, records }]));
}

async function topicInfo(log: LogClient, name: string): Promise<TopicInfo> {
  const info = (await log.admin.topics([name])).get(name);
  if (info === undefined) throw new UsageError(`The topic "${name}" was deleted during the run: start again`);
  return info;
}

/** The committed number of rows; 0 where it was committed for a former topic of the same name. */
async function rowsLoaded(log: LogClient, topic: string, run: string): Promise<number> {
  const { id } = await topicInfo(log, topic);
  const [committed] = await log.admin.committed(group, [{ topic, partition: 0 }]);
  if (committed === undefined || !committed.metadata.startsWith(`${id} `)) return 0;
  if (committed.metadata !== `${id} ${run}`) {
    throw new UsageError(
      'The log holds a run over other data or with other settings: use an empty --log-dir or a cluster without these topics, or the data and settings of that run',
    );
  }
  return committed.offset;
}
