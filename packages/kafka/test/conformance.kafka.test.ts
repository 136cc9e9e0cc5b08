import { logConformance } from '@millrace/log-client/conformance';
import { describe, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

describe('a Kafka cluster', () => {
  logConformance({ test, factory: async () => kafkaLog({ brokers, heartbeatIntervalMs: 200 }) });
});
