import { EmbeddedLog } from '@millrace/embedded-log';
import type { LogClient } from '@millrace/log-client';
import { applicationId, type LogAddress } from './processing.ts';

/** An unreachable cluster is more likely a wrong address than one that comes back. */
const kafkaRetryMs = 30_000;

/** The log of a folder, for this thread alone. */
export function openOwnLog(dir: string): Promise<LogClient> {
  return EmbeddedLog.open({ dir });
}

/**
 * A log that several threads or processes use. `mayOwn`: whether this one opens the folder and serves it to
 * the others.
 */
export async function connect(address: LogAddress, mayOwn: boolean): Promise<LogClient> {
  // Loaded only where they are used, for a quicker start.
  if ('dir' in address) {
    const { sharedLog } = await import('@millrace/log-server');
    return sharedLog({ dir: address.dir, mayOwn });
  }
  const { kafkaLog } = await import('@millrace/kafka');
  const { brokers, sessionTimeoutMs } = address;
  return kafkaLog({
    brokers: [...brokers],
    clientId: applicationId,
    retryTimeoutMs: kafkaRetryMs,
    sessionTimeoutMs,
    heartbeatIntervalMs: Math.ceil(sessionTimeoutMs / 10),
  });
}
