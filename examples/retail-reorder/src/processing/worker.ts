import type { MakeApp } from '@millrace/streams-core';
import { connect } from './open-log.ts';
import { type LogAddress, makeApp, type ProcessingOptions } from './processing.ts';

/** The instance of one worker thread, with a connection of its own. */
const inWorker: MakeApp = async ({ index, data }) => {
  const { address, options } = data as { readonly address: LogAddress; readonly options: ProcessingOptions };
  return makeApp(await connect(address, false), index, options);
};

export default inWorker;
