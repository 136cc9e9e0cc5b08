import { EmbeddedLog, type EmbeddedLogOptions } from '@millrace/embedded-log';
import { onTestFinished } from 'vitest';
import { listen, type ListenOptions, type LogServer } from '../src/index.ts';

export interface Served {
  readonly log: EmbeddedLog;
  readonly server: LogServer;
}

/** Closes something when the test is over, before what was opened earlier. */
export function closeLater<T extends { close(): Promise<unknown> }>(one: T): T {
  onTestFinished(async () => void (await one.close()));
  return one;
}

/** A log in memory that is served until the test is over; everybody is let in unless the options say more. */
export async function served(
  options: ListenOptions = {},
  logOptions: EmbeddedLogOptions = {},
): Promise<Served> {
  const log = closeLater(await EmbeddedLog.inMemory(logOptions));
  const server = closeLater(await listen(log, { token: false, ...options }));
  return { log, server };
}
