import { EmbeddedLog } from '@millrace/embedded-log';
import { kafkaLog } from '@millrace/kafka';
import { logConformance } from '@millrace/log-client/conformance';
import { afterAll, describe, test } from 'vitest';
import { listen } from '../src/index.ts';

describe('a served log, through our Kafka client', async () => {
  const log = await EmbeddedLog.inMemory();
  const server = await listen(log, { token: 'secret' });
  afterAll(async () => {
    await server.close();
    await log.close();
  });
  const sasl = { mechanism: 'scram-sha-256', username: 'anyone', password: 'secret' } as const;
  const factory = async () => kafkaLog({ brokers: [server.address], heartbeatIntervalMs: 100, sasl });
  logConformance({ test, factory });
});
