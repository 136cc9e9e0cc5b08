import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { StreamsApp, type StreamsConfig, type Topology } from '@millrace/streams-core';
import { HandWriter } from './hand.ts';

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
const batch = 5_000;

/** A record of about 90 bytes of JSON, deterministic. */
function recordAt(n: number): { key: string; value: string; timestamp: number } {
  const key = `key-${(n * 2654435761) % keys}`;
  const value = JSON.stringify({
    id: n,
    product: `p${n % 977}`,
    quantity: n % 17,
    price: (n % 1000) / 10,
    note: 'as ordered',
  });
  return { key, value, timestamp: n * 2 };
}

export async function makeFixture(records: number): Promise<Fixture> {
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
      recordAt(from + index),
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
}

/** Runs a topology over the input until all of it is committed; returns the seconds it took. */
export async function runTopology(
  { log, dir, fresh }: Fixture,
  topology: Topology,
  { config = {}, whenMade = () => {} }: RunOptions = {},
): Promise<number> {
  const applicationId = fresh('app');
  const app = new StreamsApp(topology, {
    applicationId,
    log,
    stateDir: path.join(dir, 'state'),
    maxPollRecords: 5000,
    ...config,
  });
  whenMade(app);
  const [range] = await log.admin.offsets([{ topic: inputTopic, partition: 0 }]);
  const started = performance.now();
  await app.start();
  for (;;) {
    if (app.state === 'error') throw app.failure;
    const [committed] = await log.admin.committed(applicationId, [{ topic: inputTopic, partition: 0 }]);
    if (committed?.offset === range!.end) break;
    await sleep(2);
  }
  const seconds = (performance.now() - started) / 1000;
  await app.close();
  return seconds;
}
