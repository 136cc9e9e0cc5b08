import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { isLogError, type LogClient, type TopicPartition } from '@millrace/log-client';
import { minutes, StreamsApp } from '@millrace/streams-core';
import { assertDataFiles, fingerprint } from './data-files.ts';
import { load, waitUntilLoaded } from './load.ts';
import type { Progress } from './progress.ts';
import { assertWritable, readResults, writeResults } from './results.ts';
import { retailTopology } from './retail-topology.ts';
import { summary } from './summary.ts';
import { inputs, outputs } from './topics.ts';
import { UsageError } from './usage-error.ts';

const applicationId = 'retail-reorder';
const checkMs = 20;
const kafkaCheckMs = 200;
/** An unreachable cluster is more likely a wrong address than one that comes back. */
const kafkaRetryMs = 30_000;
const usageErrors: ReadonlySet<string> = new Set([
  'LOG_LOCKED',
  'LOG_TOPIC_EXISTS',
  'LOG_CONFIG',
  'LOG_TIMEOUT',
  'LOG_UNAUTHORIZED',
]);

export interface RunOptions {
  readonly data: string;
  readonly out: string;
  readonly windowMinutes: number;
  readonly graceMinutes: number;
  readonly partitions: number;
  /** Where the log and the stores live on between runs; left out, in a folder that goes when the run ends. */
  readonly logDir: string | undefined;
  readonly instances: number;
  /** How many other instances keep a copy of each store. */
  readonly standbys: number;
  /** Brokers of a Kafka cluster to run on; left out, on a log inside this process. */
  readonly kafka: readonly string[] | undefined;
  /** How long a process from which nothing is heard keeps its part of the work, on Kafka. */
  readonly sessionTimeoutMs: number;
  /** False: share the work of a run that loads the data. */
  readonly load: boolean;
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
    if (isLogError(error) && usageErrors.has(error.code)) throw new UsageError(error.message);
    throw error;
  } finally {
    progress.stop();
    if (options.logDir === undefined) await rm(dir, { recursive: true, force: true });
  }
}

async function openLog(dir: string, { kafka, sessionTimeoutMs }: RunOptions): Promise<LogClient> {
  if (kafka === undefined) return EmbeddedLog.open({ dir: path.join(dir, 'log') });
  // Loaded only where it is used, for a quicker start.
  const { kafkaLog } = await import('@millrace/kafka');
  return kafkaLog({
    brokers: kafka,
    clientId: applicationId,
    retryTimeoutMs: kafkaRetryMs,
    sessionTimeoutMs,
    heartbeatIntervalMs: Math.ceil(sessionTimeoutMs / 10),
  });
}

async function runIn(dir: string, options: RunOptions, progress: Progress): Promise<string> {
  const { data, out, partitions, windowMinutes, graceMinutes } = options;
  const log = await openLog(dir, options);
  try {
    await log.admin.createTopics([...inputs, ...outputs].map(({ name }) => ({ name, partitions })));
    progress.stage(options.load ? 'Loading' : 'Waiting for the rows');
    const settings = `${await fingerprint(data)} window=${windowMinutes} grace=${graceMinutes}`;
    const loading = {
      dir: data,
      partitions,
      run: settings,
      onProgress: (rows: number) => progress.advance(rows),
    };
    const loaded = options.load ? await load(log, loading) : await waitUntilLoaded(log, loading);
    // A commit may show in some partitions before others; shipments would run ahead of sales that are still
    // to show.
    await log.admin.offsets(await inputPartitions(log), { awaitTransactions: true });
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
    (_, index) =>
      new StreamsApp(topology, {
        applicationId,
        log,
        // A copy and what it is a copy of cannot be in one folder.
        stateDir: options.standbys === 0 ? stateDir : path.join(stateDir, `instance-${index}`),
        numStandbyReplicas: options.standbys,
        maxPollRecords: 2000,
        // Brokers compare a record's time with their own clock, and would delete what is known of windows of
        // years ago.
        windowStoreChangelogAdditionalRetentionMs: Number.POSITIVE_INFINITY,
      }),
  );
  try {
    for (const app of apps) {
      // The loop below looks at failures itself.
      app.done.catch(() => {});
      await app.start();
    }
    for (;;) {
      const failed = apps.find((app) => app.state === 'error');
      if (failed !== undefined) throw failed.failure;
      const { done, total } = await position(log);
      progress.set(done, total);
      if (done >= total) break;
      await sleep(options.kafka === undefined ? checkMs : kafkaCheckMs);
    }
  } finally {
    await Promise.allSettled(apps.map((app) => app.close()));
  }
  return apps.reduce((sum, app) => sum + app.metrics.processedRecords, 0);
}

interface InputPartition extends TopicPartition {
  readonly topicId: string;
}

async function inputPartitions(log: LogClient): Promise<InputPartition[]> {
  const topics = await log.admin.topics(inputs.map(({ name }) => name));
  return [...topics.values()].flatMap(({ name, id, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition, topicId: id })),
  );
}

async function position(log: LogClient): Promise<{ readonly done: number; readonly total: number }> {
  const partitions = await inputPartitions(log);
  const [ends, committed] = [
    await log.admin.offsets(partitions, { awaitTransactions: true }),
    await log.admin.committed(applicationId, partitions),
  ];
  // The app names the topic's id in its commits: a commit for a former topic of the same name does not count.
  const doneOf = ({ topicId }: InputPartition, index: number): number =>
    committed[index]?.metadata.includes(topicId) === true ? committed[index].offset : 0;
  return {
    done: partitions.reduce((sum, partition, index) => sum + doneOf(partition, index), 0),
    total: ends.reduce((sum, one) => sum + one.end, 0),
  };
}
