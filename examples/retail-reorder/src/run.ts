import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLogError, type LogClient, type TopicPartition } from '@millrace/log-client';
import { assertDataFiles, fingerprint } from './data-files.ts';
import { load, waitUntilLoaded } from './load.ts';
import { connect, openOwnLog } from './processing/open-log.ts';
import {
  applicationId,
  type KafkaAddress,
  type Processing,
  startInstances,
  startWorkers,
} from './processing/processing.ts';
import type { Progress } from './progress.ts';
import { assertWritable, readResults, writeResults } from './results.ts';
import { summary } from './summary.ts';
import { inputs, outputs } from './topics.ts';
import { UsageError } from './usage-error.ts';

const checkMs = 20;
/** Where each look is a request. */
const serverCheckMs = 200;
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
  /** Threads that share the work; 0: none but this one. */
  readonly workers: number;
  /** How many other instances keep a copy of each store. */
  readonly standbys: number;
  /** The port of a page that shows the app until the process is interrupted. */
  readonly inspect?: number;
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

/** Where the cluster is; undefined where the log is in a folder. */
function addressOf({ kafka, sessionTimeoutMs }: RunOptions): KafkaAddress | undefined {
  return kafka && { brokers: kafka, sessionTimeoutMs };
}

async function runIn(dir: string, options: RunOptions, progress: Progress): Promise<string> {
  const { data, out, partitions, windowMinutes, graceMinutes } = options;
  const address = addressOf(options);
  const ownLog = address === undefined ? await openOwnLog(path.join(dir, 'log')) : undefined;
  const log = ownLog ?? (await connect(address!));
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
    const work = { ...options, stateDir: path.join(dir, 'state') };
    const processing = await (options.workers > 0
      ? startWorkers(ownLog ?? address!, options.workers, work)
      : startInstances(log, options.instances, work));
    const checkEveryMs = address === undefined ? checkMs : serverCheckMs;
    const processedRecords = await untilDone(log, processing, { progress, checkEveryMs });
    const seconds = (performance.now() - started) / 1000;
    progress.stop();
    const results = await readResults(log);
    await writeResults(out, results);
    return summary(results, { loaded, processedRecords, seconds, out });
  } finally {
    await log.close();
  }
}

/** Waits until everything loaded has been committed, and closes. Returns how many records it took. */
async function untilDone(
  log: LogClient,
  processing: Processing,
  { progress, checkEveryMs }: { readonly progress: Progress; readonly checkEveryMs: number },
): Promise<number> {
  try {
    for (;;) {
      processing.assertHealthy();
      const { done, total } = await position(log);
      progress.set(done, total);
      if (done >= total) {
        progress.stop();
        await processing.looked;
        return await processing.processedRecords();
      }
      await sleep(checkEveryMs);
    }
  } finally {
    await processing.close();
  }
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
