import { expect, test } from 'vitest';
import { isPassing, toLogError } from '../src/errors.ts';
import { KafkaError } from '../src/errors.ts';

// The controller's own words, of 3.9.2 and 4.3.1 (StripedReplicaPlacer).
const fenced = new KafkaError(
  'INVALID_REPLICATION_FACTOR',
  'orders: Unable to replicate the partition 1 time(s): All brokers are currently fenced.',
);
const tooMany = new KafkaError(
  'INVALID_REPLICATION_FACTOR',
  'orders: Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) are registered.',
);

test('brokers that are just coming back are waited for; brokers that are not there are not', () => {
  expect([fenced, tooMany].map(isPassing)).toEqual([true, false]);
  expect(toLogError(tooMany, 'Creating topics')).toMatchObject({
    code: 'LOG_INVALID_TOPIC',
    message: expect.stringMatching(/: there are fewer brokers than replicationFactor asks for$/),
  });
  expect(toLogError(fenced, 'Creating topics')).toMatchObject({
    code: 'LOG_TIMEOUT',
    message: expect.stringMatching(/currently fenced\.\)$/),
  });
});
