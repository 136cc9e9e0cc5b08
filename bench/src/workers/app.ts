import path from 'node:path';
import { threadLog } from '@millrace/embedded-log';
import { kafkaLog } from '@millrace/kafka';
import { type MakeApp, StreamsApp } from '@millrace/streams-core';
import { topologies, type WorkersJob } from './topologies.ts';

/** The instance of one worker. */
const inWorker: MakeApp = async ({ index, data, logPort }) => {
  const { job, applicationId, dir, out, broker } = data as WorkersJob;
  const log = broker === undefined ? await threadLog(logPort) : kafkaLog({ brokers: [broker] });
  return new StreamsApp(topologies[job]!(out), {
    applicationId,
    log,
    stateDir: path.join(dir, 'state', String(index)),
    maxPollRecords: 5000,
    windowStoreChangelogAdditionalRetentionMs: Number.POSITIVE_INFINITY,
  });
};

export default inWorker;
