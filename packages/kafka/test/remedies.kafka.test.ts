import { noHeaders, type LogTransaction } from '@millrace/log-client';
import { afterAll, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

// What a broker refuses by a setting of its own comes back with the setting's name.

const log = kafkaLog({ brokers });
const topic = `remedies-${process.pid}`;
afterAll(() => log.close());

test('offsets whose metadata is longer than the broker takes', async () => {
  await log.admin.createTopics([{ name: topic, partitions: 1 }]);
  const producer = await log.producer({ transactionalId: topic });
  const commits = [{ topic, partition: 0, offset: 0, metadata: 'x'.repeat(5000) }];
  await expect(producer.commit({ records: [], offsets: { group: topic, commits } })).rejects.toMatchObject({
    code: 'LOG_TOO_LARGE',
    message: expect.stringMatching(
      /Committing offsets of .*: raise the brokers' offset\.metadata\.max\.bytes/,
    ),
  });
});

test('records that are larger than the topic takes', async () => {
  const name = `${topic}-small`;
  await log.admin.createTopics([{ name, partitions: 1, configs: { 'max.message.bytes': '2000' } }]);
  const producer = await log.producer();
  const record = { key: 'k', value: Buffer.alloc(3000), timestamp: 0, headers: noHeaders };
  const records: LogTransaction['records'] = [{ topic: name, partition: 0, records: [record] }];
  await expect(producer.send(records)).rejects.toMatchObject({
    code: 'LOG_TOO_LARGE',
    message: expect.stringMatching(/remedies-\d+-small-0.*: raise the topic's max\.message\.bytes/),
  });
});

test('a transaction timeout that is longer than the broker allows', async () => {
  const patient = kafkaLog({ brokers, transactionTimeoutMs: 1_000_000_000 });
  await expect(patient.producer({ transactionalId: `${topic}-patient` })).rejects.toThrow(
    /lower transactionTimeoutMs, or raise the brokers' transaction\.max\.timeout\.ms/,
  );
  await patient.close();
});

test('more replicas than there are brokers', async () => {
  const many = kafkaLog({ brokers, replicationFactor: 30 });
  await expect(many.admin.createTopics([{ name: `${topic}-many`, partitions: 1 }])).rejects.toThrow(
    /fewer brokers than replicationFactor/,
  );
  await many.close();
});
