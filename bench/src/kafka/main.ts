import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EmbeddedLog } from '@millrace/embedded-log';
import { kafkaLog } from '@millrace/kafka';
import type { LogClient } from '@millrace/log-client';
import { StreamsApp } from '@millrace/streams-core';
import { inputsOf, type JobName, topologyOf } from './jobs.ts';
import { load, partitions } from './load.ts';

// One job in a process of its own: what it took goes to standard output, as a line of JSON.

const { values } = parseArgs({
  options: {
    kafka: { type: 'string' },
    embedded: { type: 'string' },
    load: { type: 'string' },
    job: { type: 'string' },
    guarantee: { type: 'string', default: 'exactly_once' },
    application: { type: 'string', default: 'millrace-bench' },
    state: { type: 'string', default: 'state' },
    out: { type: 'string', default: 'bench-out' },
  },
});

function peakBytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}

async function position(log: LogClient, job: JobName): Promise<boolean> {
  const all = inputsOf(job).flatMap((topic) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
  );
  const [ends, committed] = await Promise.all([
    log.admin.offsets(all),
    log.admin.committed(values.application, all),
  ]);
  return committed.every((one, index) => one !== undefined && one.offset >= ends[index]!.end);
}

async function run(log: LogClient, job: JobName): Promise<void> {
  let [restored, restoreFrom, restoreMs] = [0, 0, 0];
  const app = new StreamsApp(topologyOf(job, values.out), {
    applicationId: values.application,
    log,
    stateDir: values.state,
    processingGuarantee: values.guarantee as 'exactly_once' | 'at_least_once',
    commitIntervalMs: 100,
    // The input's times are years ago: a broker would delete what is to be restored.
    windowStoreChangelogAdditionalRetentionMs: Number.POSITIVE_INFINITY,
    cacheMaxBytes: 10 << 20,
    maxPollRecords: 2000,
    maxBufferedRecords: 4000,
    stateRestoreListener: {
      onRestoreStart: () => {
        restoreFrom ||= performance.now();
      },
      onRestoreEnd: (_restore, records) => {
        restored += records;
        restoreMs = performance.now() - restoreFrom;
      },
    },
  });
  await app.start();
  const assertRunning = (): void => {
    if (app.state === 'error') throw app.failure;
  };
  while (app.state !== 'running' || app.taskIds.length < partitions) {
    assertRunning();
    await sleep(1);
  }
  const started = performance.now();
  while (!(await position(log, job))) {
    assertRunning();
    await sleep(20);
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage();
  const figures = {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: peakBytes(),
    restored,
    restoreSeconds: restoreMs / 1000,
  };
  console.log(JSON.stringify(figures));
  await app.close();
}

const { kafka, embedded } = values;
const log: LogClient =
  kafka === undefined ? await EmbeddedLog.open({ dir: embedded! }) : kafkaLog({ brokers: kafka.split(',') });
await log.admin.createTopics([{ name: values.out, partitions }]);
if (values.load !== undefined) await load(log, Number(values.load));
if (values.job !== undefined) await run(log, values.job as JobName);
await log.close();
