import { once } from 'node:events';
import path from 'node:path';
import type { AppServer } from '@millrace/app-server';
import { minutes, runWorkers, StreamsApp } from '@millrace/streams-core';
import { EmbeddedLog } from '@millrace/embedded-log';
import type { LogClient } from '@millrace/log-client';
import { retailTopology } from '../retail-topology.ts';

export const applicationId = 'retail-reorder';

export interface ProcessingOptions {
  readonly windowMinutes: number;
  readonly graceMinutes: number;
  readonly stateDir: string;
  /** How many other instances keep a copy of each store. */
  readonly standbys: number;
  /** The port of the page; undefined for none. */
  readonly inspect?: number;
}

/** What is running, in one thread or in several. */
export interface Processing {
  /** Throws what an instance has failed with. */
  assertHealthy(): void;
  processedRecords(): Promise<number>;
  /** Settles when nobody wants to look at the page any more. */
  readonly looked: Promise<unknown>;
  close(): Promise<void>;
}

/** One instance of the application. */
export function makeApp(log: LogClient, index: number, options: ProcessingOptions): StreamsApp {
  const { windowMinutes, graceMinutes, stateDir, standbys } = options;
  const topology = retailTopology({ windowMs: minutes(windowMinutes), graceMs: minutes(graceMinutes) });
  return new StreamsApp(topology, {
    applicationId,
    log,
    // A copy and what it is a copy of cannot be in one folder.
    stateDir: standbys === 0 ? stateDir : path.join(stateDir, `instance-${index}`),
    numStandbyReplicas: standbys,
    maxPollRecords: 2000,
    // The page shows what each operator does.
    ...(options.inspect === undefined ? {} : { recordingLevel: 'debug' }),
    // Brokers compare a record's time with their own clock, and would delete what is known of windows of
    // years ago.
    windowStoreChangelogAdditionalRetentionMs: Number.POSITIVE_INFINITY,
  });
}

/** Instances that share this thread. */
export async function startInstances(
  log: LogClient,
  count: number,
  options: ProcessingOptions,
): Promise<Processing> {
  const apps = Array.from({ length: count }, (_, index) => makeApp(log, index, options));
  let page: AppServer | undefined;
  const close = async (): Promise<void> => {
    await page?.close();
    await Promise.allSettled(apps.map((app) => app.close()));
  };
  try {
    if (options.inspect !== undefined) {
      // Loaded only where it is used, for a quicker start.
      const { inspect } = await import('@millrace/inspector');
      page = await inspect(apps[0]!, { port: options.inspect });
      process.stderr.write(`The app's page: ${page.url} (Ctrl+C ends it)\n`);
    }
    for (const app of apps) {
      // assertHealthy reports failures: without this one would count as unhandled.
      app.done.catch(() => {});
      await app.start();
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    assertHealthy() {
      const failed = apps.find((app) => app.state === 'error');
      if (failed !== undefined) throw failed.failure;
    },
    looked: page === undefined ? Promise.resolve() : once(process, 'SIGINT'),
    processedRecords: async () => apps.reduce((sum, app) => sum + app.metrics.processedRecords, 0),
    close,
  };
}

/** Where a Kafka cluster is. */
export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly sessionTimeoutMs: number;
}

/** An instance in each of so many threads, on a cluster or on the log of this thread. */
export async function startWorkers(
  place: KafkaAddress | EmbeddedLog,
  count: number,
  options: ProcessingOptions,
): Promise<Processing> {
  const log = place instanceof EmbeddedLog ? place : undefined;
  const address = log === undefined ? place : undefined;
  const pool = await runWorkers({
    module: new URL('./worker.js', import.meta.url),
    workers: count,
    data: { address, options },
    ...(log === undefined ? {} : { logPort: () => log.threadPort() }),
  });
  pool.done.catch(() => {});
  return {
    assertHealthy() {
      if (pool.state === 'error') throw pool.failure;
    },
    looked: Promise.resolve(),
    processedRecords: async () => (await pool.metrics()).processedRecords,
    close: () => pool.close().catch(() => {}),
  };
}
