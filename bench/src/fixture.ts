import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { StreamsApp, type StreamsConfig, type Topology } from '@millrace/streams-core';
import { HandWriter } from './hand.ts';
import { type Cost, timed } from './cost.ts';

/** What each job works on: the same records in an embedded log and in a hand-written file. */
export interface Fixture {
  readonly dir: string;
  readonly log: EmbeddedLog;
  readonly records: number;
  readonly handFile: string;
  /** A name that no other run uses. */
  readonly fresh: (prefix: string) => string;
  close(): Promise<void>;
}

export const inputTopic = 'input';
export const keys = 10_000;
/** So many bytes of records are written to the log at once, about. */
const batchBytes = 500_000;

/** What the records of an input are like. */
export interface InputShape {
  readonly keys: number;
  /** The length of a text in each value. */
  readonly noteLength: number;
  /** How many records there are, of those asked for. */
  readonly share: number;
}

const usualNote = 'as ordered';
export const usual: InputShape = { keys, noteLength: usualNote.length, share: 1 };
/** For jobs that are so quick that a run of the usual length would be over in half a second. */
export const usualOfMore: InputShape = { ...usual, share: 4 };

/** A record of about 90 bytes of JSON, or of more where the shape says so; deterministic. */
export function recordAt(n: number, shape = usual): { key: string; value: string; timestamp: number } {
  const key = `key-${(n * 2654435761) % shape.keys}`;
  const value = JSON.stringify({
    id: n,
    product: `p${n % 977}`,
    quantity: n % 17,
    price: (n % 1000) / 10,
    note: usualNote.padEnd(shape.noteLength, '.'),
  });
  return { key, value, timestamp: n * 2 };
}

export async function makeFixture(records: number, shape = usual): Promise<Fixture> {
  const batch = Math.max(1, Math.floor(batchBytes / (90 + shape.noteLength)));
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-bench-'));
  const logDir = path.join(dir, 'log');
  const filling = await EmbeddedLog.open({ dir: logDir });
  await filling.admin.createTopics([
    { name: inputTopic, partitions: 1 },
    { name: 'rows', partitions: 1 },
  ]);
  const producer = await filling.producer();
  const handFile = path.join(dir, 'input.hand');
  const hand = await HandWriter.create(handFile);
  for (let from = 0; from < records; from += batch) {
    const chunk = Array.from({ length: Math.min(batch, records - from) }, (_, index) =>
      recordAt(from + index, shape),
    );
    for (const { key, value, timestamp } of chunk) hand.addText(key, value, timestamp);
    await hand.flush(false);
    const encoded = chunk.map(({ key, value, timestamp }) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
      timestamp,
      headers: noHeaders,
    }));
    await producer.send([{ topic: inputTopic, partition: 0, records: encoded }]);
  }
  const rows = Array.from({ length: keys }, (_, n) => ({
    key: Buffer.from(`key-${n}`),
    value: Buffer.from(`row-${n}`),
    timestamp: 0,
    headers: noHeaders,
  }));
  await producer.send([{ topic: 'rows', partition: 0, records: rows }]);
  await hand.close();
  await filling.close();
  // Opened again, so that the input is read from segment files.
  const log = await EmbeddedLog.open({ dir: logDir });
  let names = 0;
  return {
    dir,
    log,
    records,
    handFile,
    fresh: (prefix) => `${prefix}-${++names}`,
    close: async () => {
      await log.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export interface RunOptions {
  readonly config?: Partial<StreamsConfig>;
  readonly whenMade?: (app: StreamsApp) => void;
  readonly applicationId?: string;
  /** The topics that have to be read to their end; the input unless said otherwise. */
  readonly sources?: readonly string[];
}

/** The input, as it is in the log. */
export function* inputRecords(records: number, shape = usual): Generator<ReturnType<typeof recordAt>> {
  for (let n = 0; n < records; n++) yield recordAt(n, shape);
}

/** Runs a topology over the input until all of it, and what it sends itself, is committed. */
export async function runTopology(
  { log, dir, fresh }: Fixture,
  topology: Topology,
  { config = {}, whenMade = () => {}, applicationId = fresh('app'), sources = [inputTopic] }: RunOptions = {},
): Promise<Cost> {
  const app = new StreamsApp(topology, {
    applicationId,
    log,
    stateDir: path.join(dir, 'state'),
    maxPollRecords: 5000,
    ...config,
  });
  whenMade(app);
  const cost = await timed(async () => {
    await app.start();
    await untilDrained(app, { log, applicationId, sources, lookEveryMs: 2 });
  });
  await app.close();
  return cost;
}

export interface Drained {
  readonly log: EmbeddedLog;
  readonly applicationId: string;
  /** The topics that have to be read to their end. */
  readonly sources: readonly string[];
  readonly lookEveryMs: number;
}

/** Until an app has committed all of its input, and of the topics that it sends to itself. */
export async function untilDrained(app: StreamsApp, options: Drained): Promise<void> {
  // Twice: what the first look finds at its end may have been sent more meanwhile.
  for (let drained = 0; drained < 2; ) {
    if (app.state === 'error') throw app.failure;
    drained = (await isDrained(options)) ? drained + 1 : 0;
    if (drained === 0) await sleep(options.lookEveryMs);
  }
}

async function isDrained({ log, applicationId, sources }: Drained): Promise<boolean> {
  if (!(await areCommitted(log, applicationId, sources))) return false;
  const topics = [...(await log.admin.topics()).keys()];
  const own = topics.filter((name) => name.startsWith(`${applicationId}-`) && !name.endsWith('-changelog'));
  return areCommitted(log, applicationId, own);
}

async function areCommitted(
  log: EmbeddedLog,
  applicationId: string,
  topics: readonly string[],
): Promise<boolean> {
  const counts = await log.admin.topics(topics);
  const partitions = topics.flatMap((topic) =>
    Array.from({ length: counts.get(topic)?.partitions ?? 0 }, (_, partition) => ({ topic, partition })),
  );
  const committed = await log.admin.committed(applicationId, partitions);
  const ranges = await log.admin.offsets(partitions);
  return ranges.every(({ end }, index) => end === 0 || committed[index]?.offset === end);
}
