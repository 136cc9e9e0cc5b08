import { threadLog } from '@millrace/embedded-log';
import type { MakeApp } from '@millrace/streams-core';
import { connect } from './open-log.ts';
import { type KafkaAddress, makeApp, type ProcessingOptions } from './processing.ts';

interface WorkerData {
  /** Undefined where the log is that of the main thread. */
  readonly address: KafkaAddress | undefined;
  readonly options: ProcessingOptions;
}

/** The instance of one worker thread. */
const inWorker: MakeApp = async ({ index, data, logPort }) => {
  const { address, options } = data as WorkerData;
  const log = await (logPort === undefined ? connect(address!) : threadLog(logPort));
  return makeApp(log, index, options);
};

export default inWorker;
