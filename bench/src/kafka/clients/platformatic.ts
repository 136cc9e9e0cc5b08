import type { EventEmitter } from 'node:events';
import { type ClientOptions, load, type MeasuredClient, partitions } from './measured-client.ts';

/** The part of @platformatic/kafka that is measured; it needs Node 22, and is installed apart. */
interface Library {
  readonly Producer: new (options: object) => Producer;
  readonly Consumer: new (
    options: object,
  ) => {
    consume(options: object): Promise<EventEmitter>;
    close(force: boolean): Promise<void>;
  };
  readonly FetchIsolationLevels: { readonly READ_COMMITTED: number };
}

interface Sender {
  send(batch: { readonly messages: readonly object[] }): Promise<unknown>;
}

interface Producer extends Sender {
  beginTransaction(): Promise<Sender & { commit(): Promise<void> }>;
  close(force: boolean): Promise<void>;
}

export async function platformatic({
  brokers,
  topics,
  values,
  libraries,
}: ClientOptions): Promise<MeasuredClient> {
  const library = await load<Library>(libraries, '@platformatic/kafka');
  const base = { clientId: 'bench', bootstrapBrokers: brokers };
  const plain = new library.Producer({ ...base, idempotent: true });
  const named = new library.Producer({ ...base, idempotent: true, transactionalId: topics.named });
  const messages = (topic: string, from: number, to: number): object[] =>
    Array.from({ length: to - from }, (_, at) => {
      const n = from + at;
      const key = Buffer.from(`key ${n}`);
      return { topic, key, value: values[n]!, partition: n % partitions, timestamp: BigInt(n) };
    });
  return {
    send: (from, to) => plain.send({ messages: messages(topics.plain, from, to) }),
    async transact(from, to) {
      const transaction = await named.beginTransaction();
      await transaction.send({ messages: messages(topics.named, from, to) });
      await transaction.commit();
    },
    async read(topic, count) {
      const consumer = new library.Consumer({ ...base, groupId: `${topic}-platformatic` });
      const stream = await consumer.consume({
        topics: [topic],
        mode: 'earliest',
        autocommit: false,
        maxWaitTime: 100,
        maxBytes: 10 << 20,
        highWaterMark: 5000,
        isolationLevel: library.FetchIsolationLevels.READ_COMMITTED,
      });
      let [found, bytes] = [0, 0];
      await new Promise<void>((resolve, reject) => {
        stream.on('error', reject);
        stream.on('data', (message: { readonly value: Buffer }) => {
          bytes += message.value.length;
          if (++found === count) resolve();
        });
      });
      await consumer.close(true);
      return bytes;
    },
    close: () => Promise.all([plain.close(true), named.close(true)]),
  };
}
