import { EmbeddedLog } from '@millrace/embedded-log';
import type { LogClient } from '@millrace/log-client';
import { applicationId, type KafkaAddress } from './processing.ts';

/** An unreachable cluster is more likely a wrong address than one that comes back. */
const kafkaRetryMs = 30_000;

/** The log of a folder, for this process alone. */
export function openOwnLog(dir: string): Promise<EmbeddedLog> {
  return EmbeddedLog.open({ dir });
}

/** A Kafka cluster. */
export async function connect({ brokers, sessionTimeoutMs }: KafkaAddress): Promise<LogClient> {
  // Loaded only where it is used, for a quicker start.
  const { kafkaLog } = await import('@millrace/kafka');
  return kafkaLog({
    brokers: [...brokers],
    clientId: applicationId,
    retryTimeoutMs: kafkaRetryMs,
    sessionTimeoutMs,
    heartbeatIntervalMs: Math.ceil(sessionTimeoutMs / 10),
  });
}
