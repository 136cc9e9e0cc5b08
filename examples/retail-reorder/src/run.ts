import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { isLogError, type LogClient } from '@millrace/log-client';
import { minutes, StreamsApp } from '@millrace/streams-core';
import { assertDataFiles, fingerprint } from './data-files.ts';
import { load } from './load.ts';
import type { Progress } from './progress.ts';
import { assertWritable, readResults, writeResults } from './results.ts';
import { retailTopology } from './retail-topology.ts';
import { summary } from './summary.ts';
import { inputs, outputs } from './topics.ts';
import { UsageError } from './usage-error.ts';

const applicationId = 'retail-reorder';
const checkMs = 20;

export interface RunOptions {
  readonly data: string;
  readonly out: string;
  readonly windowMinutes: number;
  readonly graceMinutes: number;
  readonly partitions: number;
  /** Where the log and the stores live on between runs; left out, in a folder that goes when the run ends. */
  readonly logDir: string | undefined;
  readonly instances: number;
}

/** Loads the data, runs the topology to the end of it and writes the results. Returns the summary. */
export async function run(options: RunOptions, progress: Progress): Promise<string> {
  await assertDataFiles(options.data);
  await assertWritable(options.out, '--out');
  if (options.logDir !== undefined) await assertWritable(options.logDir, '--log-dir');
  const dir = options.logDir ?? (await mkdtemp(path.join(tmpdir(), 'retail-reorder-')));
  try {
    return await runIn(dir, options, progress);
  } catch (error) {
    if (isLogError(error, 'LOG_LOCKED') || isLogError(error, 'LOG_TOPIC_EXISTS'))
      throw new UsageError(error.message);
    throw error;
  } finally {
    progress.stop();
    if (options.logDir === undefined) await rm(dir, { recursive: true, force: true });
  }
}

async function runIn(dir: string, options: RunOptions, progress: Progress): Promise<string> {
  const { data, out, partitions, windowMinutes, graceMinutes } = options;
  const log = await EmbeddedLog.open({ dir: path.join(dir, 'log') });
  try {
    await log.admin.createTopics([...inputs, ...outputs].map(({ name }) => ({ name, partitions })));
    progress.stage('Loading');
    const settings = `${await fingerprint(data)} window=${windowMinutes} grace=${graceMinutes}`;
    const loaded = await load(log, {
      dir: data,
      partitions,
      run: settings,
      onProgress: (rows) => progress.advance(rows),
    });
    progress.stage('Running');
    const started = performance.now();
    const processedRecords = await process(log, path.join(dir, 'state'), options, progress);
    const seconds = (performance.now() - started) / 1000;
    progress.stop();
    const results = await readResults(log);
    await writeResults(out, results);
    return summary(results, { loaded, processedRecords, seconds, out });
  } finally {
    await log.close();
  }
}

/** Runs the topology, in as many instances as asked for, until everything loaded has been committed. */
async function process(
  log: LogClient,
  stateDir: string,
  options: RunOptions,
  progress: Progress,
): Promise<number> {
  const topology = retailTopology({
    windowMs: minutes(options.windowMinutes),
    graceMs: minutes(options.graceMinutes),
  });
  const apps = Array.from(
    { length: options.instances },
    () => new StreamsApp(topology, { applicationId, log, stateDir, maxPollRecords: 2000 }),
  );
  try {
    for (const app of apps) await app.start();
    for (;;) {
      const failed = apps.find((app) => app.state === 'error');
      if (failed !== undefined) throw failed.failure;
      const { done, total } = await position(log);
      progress.set(done, total);
      if (done >= total) break;
      await sleep(checkMs);
    }
  } finally {
    await Promise.allSettled(apps.map((app) => app.close()));
  }
  return apps.reduce((sum, app) => sum + app.metrics.processedRecords, 0);
}

async function position(log: LogClient): Promise<{ readonly done: number; readonly total: number }> {
  const topics = await log.admin.topics(inputs.map(({ name }) => name));
  const partitions = [...topics.values()].flatMap(({ name, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
  );
  const [ends, committed] = [
    await log.admin.offsets(partitions),
    await log.admin.committed(applicationId, partitions),
  ];
  return {
    done: committed.reduce((sum, one) => sum + (one?.offset ?? 0), 0),
    total: ends.reduce((sum, one) => sum + one.end, 0),
  };
}
