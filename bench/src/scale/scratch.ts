import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders, type ProducerRecord } from '@millrace/log-client';
import { StreamsApp, type StreamsConfig, type Topology } from '@millrace/streams-core';
import { type Cost, timed } from '../cost.ts';
import { recordAt, untilDrained } from '../fixture.ts';

/** A folder and a log in it, which go when the work is done. */
export interface Scratch {
  readonly dir: string;
  readonly log: EmbeddedLog;
}

export async function inScratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-scale-'));
  const log = await EmbeddedLog.open({ dir: path.join(dir, 'log') });
  try {
    return await work({ dir, log });
  } finally {
    await log.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** So many records are written to the log at once. */
const batchRecords = 5000;

/** Creates a topic and fills its partitions in turn. */
export async function fillTopic(
  log: EmbeddedLog,
  name: string,
  { count, partitions = 1, record }: { count: number; partitions?: number; record: (n: number) => Filled },
): Promise<void> {
  await log.admin.createTopics([{ name, partitions }]);
  const producer = await log.producer();
  for (let from = 0; from < count; from += batchRecords) {
    const byPartition: ProducerRecord[][] = Array.from({ length: partitions }, () => []);
    for (let n = from; n < Math.min(count, from + batchRecords); n++) {
      const { key, value, timestamp } = record(n);
      const encoded = { key: Buffer.from(key), value: Buffer.from(value), timestamp, headers: noHeaders };
      byPartition[n % partitions]!.push(encoded);
    }
    await producer.send(
      byPartition.flatMap((records, partition) =>
        records.length === 0 ? [] : [{ topic: name, partition, records }],
      ),
    );
  }
  await producer.close();
}

type Filled = ReturnType<typeof recordAt>;

export interface AppRun {
  /** Until it ran, its state restored. */
  readonly start: Cost;
  /** From then on, until it had committed all of its sources. */
  readonly work: Cost;
}

/** Starts an app and lets it work until it has committed all of its sources. */
export async function runApp(
  { dir, log }: Scratch,
  topology: Topology,
  { sources, ...config }: Partial<StreamsConfig> & { readonly sources: readonly string[] },
  whenDone: () => void = () => {},
): Promise<AppRun> {
  const applicationId = 'app';
  const state = { stateDir: path.join(dir, 'state'), maxPollRecords: 5000 };
  const app = new StreamsApp(topology, { applicationId, log, ...state, ...config });
  const start = await timed(async () => {
    await app.start();
    while (app.state !== 'running') {
      if (app.state === 'error') throw app.failure;
      await sleep(1);
    }
  });
  const work = await timed(() => untilDrained(app, { log, applicationId, sources, lookEveryMs: 20 }));
  whenDone();
  await app.close();
  return { start, work };
}
