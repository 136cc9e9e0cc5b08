import { EventEmitter, once } from 'node:events';
import { endTxnApi } from '@millrace/kafka-protocol/messages';
import { noHeaders } from '@millrace/log-client';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '../src/cluster/connection.ts';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

/** The requests that end transactions wait, as those of a process that is held. */
function holdEnds(): { readonly reached: Promise<void>; readonly release: () => void } {
  const request = Reflect.get(Connection.prototype, 'request') as Connection['request'];
  const held = new EventEmitter();
  const [reached, released] = [once(held, 'reached'), once(held, 'released')];
  Connection.prototype.request = async function (this: Connection, ...args: Parameters<typeof request>) {
    if (args[0].key === endTxnApi.key) {
      held.emit('reached');
      await released;
    }
    return Reflect.apply(request, this, args) as unknown;
  } as typeof request;
  onTestFinished(() => {
    Connection.prototype.request = request;
  });
  return { reached: reached.then(() => {}), release: () => void held.emit('released') };
}

// Kafka Streams' consumers ask for stable offsets (KIP-447) and restore up to the end of all that is written.
test('who takes a task over in the middle of a commit waits for it, and finds all of it', async () => {
  const name = `open-commit-${process.pid}`;
  const [input, changelog] = [`${name}-in`, `${name}-changelog`].map((topic) => ({ topic, partition: 0 }));
  const log = kafkaLog({ brokers });
  onTestFinished(() => log.close());
  await log.admin.createTopics([input!, changelog!].map(({ topic }) => ({ name: topic, partitions: 1 })));
  const producer = await log.producer({ name });
  const commit = (offset: number): Promise<number[]> => {
    const row = { key: 'k', value: String(offset), timestamp: 1, headers: noHeaders };
    return producer.commit({
      records: [{ ...changelog!, records: [row] }],
      offsets: { group: name, commits: [{ ...input!, offset, metadata: '' }] },
    });
  };
  await commit(1);
  const { reached, release } = holdEnds();
  const late = commit(2);
  await reached;
  const found: string[] = [];
  const noted = async <T>(what: string, reading: Promise<T>): Promise<T> => {
    const read = await reading;
    found.push(what);
    return read;
  };
  const offsets = noted('offsets', log.admin.committed(name, [input!]));
  const ends = noted('ends', log.admin.offsets([changelog!], { awaitTransactions: true }));
  // Time enough for both, where they did not wait.
  for (let round = 0; round < 50; round++) await log.admin.offsets([changelog!]);
  expect(found).toEqual([]);
  release();
  await late;
  expect(await offsets).toEqual([{ offset: 2, metadata: '' }]);
  const reader = await log.reader([{ ...changelog!, offset: 0 }]);
  const [range] = await ends;
  const values: string[] = [];
  for (let next = 0; next < range!.end; ) {
    for (const { records, nextOffset } of await reader.poll({ maxWaitMs: 100, maxRecords: 10 })) {
      values.push(...records.map(({ value }) => String(value)));
      next = nextOffset;
    }
  }
  expect(values).toEqual(['1', '2']);
});
