import type * as Kafkajs from 'kafkajs';
import { type ClientOptions, load, type MeasuredClient, partitions } from './measured-client.ts';

export async function kafkajs({
  brokers,
  topics,
  values,
  libraries,
}: ClientOptions): Promise<MeasuredClient> {
  const { default: library } = await load<{ readonly default: typeof Kafkajs }>(libraries, 'kafkajs');
  const kafka = new library.Kafka({ brokers, logLevel: library.logLevel.NOTHING });
  const { DefaultPartitioner: createPartitioner } = library.Partitioners;
  const common = { createPartitioner, idempotent: true, maxInFlightRequests: 1 };
  const plain = kafka.producer(common);
  const named = kafka.producer({ ...common, transactionalId: topics.named });
  await Promise.all([plain.connect(), named.connect()]);
  const messages = (from: number, to: number): Kafkajs.Message[] =>
    Array.from({ length: to - from }, (_, at) => {
      const n = from + at;
      return { key: `key ${n}`, value: values[n]!, partition: n % partitions, timestamp: String(n) };
    });
  return {
    send: (from, to) => plain.send({ topic: topics.plain, messages: messages(from, to) }),
    async transact(from, to) {
      const transaction = await named.transaction();
      await transaction.send({ topic: topics.named, messages: messages(from, to) });
      await transaction.commit();
    },
    async read(topic, count) {
      const consumer = kafka.consumer({ groupId: `${topic}-kafkajs`, maxWaitTimeInMs: 100 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      let [found, bytes] = [0, 0];
      await new Promise<void>((resolve, reject) => {
        const eachBatch = ({ batch }: Kafkajs.EachBatchPayload): Promise<void> => {
          found += batch.messages.length;
          for (const { value } of batch.messages) bytes += value!.length;
          if (found >= count) resolve();
          return Promise.resolve();
        };
        consumer.run({ eachBatchAutoResolve: true, autoCommit: false, eachBatch }).catch(reject);
      });
      await consumer.disconnect();
      return bytes;
    },
    close: () => Promise.all([plain.disconnect(), named.disconnect()]),
  };
}
