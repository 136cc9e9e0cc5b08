// One client's share of the comparison: `node clients.mjs CLIENT BROKERS TOPIC RECORDS LIBRARIES`. Writes
// records in sends and
// in transactions of as many, awaited one by one as a commit is, reads both topics, and prints a line of JSON
// with seconds.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , client, brokerList, topic, recordCount, libraries] = process.argv;
const brokers = brokerList.split(',');
const records = Number(recordCount);
const partitions = 4;
const sendRecords = 2000;
const library = (name) => createRequire(path.join(libraries, 'package.json')).resolve(name);
const load = async (name) => import(pathToFileURL(library(name)).href);
const value = (n) =>
  Buffer.from(
    JSON.stringify({
      id: n,
      sku: `sku-${n % 10_000}`,
      quantity: n % 7,
      price: (n % 900) / 10,
      note: 'x'.repeat(40),
    }),
  );
const values = Array.from({ length: records }, (_, n) => value(n));

/** Each: `send(from, to)`, `transact(from, to)`, `read(topic, count)`, `close()`. */
const clients = {
  async millrace() {
    const { kafkaLog } = await import(new URL('../../packages/kafka/dist/index.js', import.meta.url).href);
    const log = kafkaLog({ brokers });
    const plain = await log.producer();
    const named = await log.producer({ transactionalId: `${topic}-millrace` });
    const entries = (to, from, end) => {
      const lists = Array.from({ length: partitions }, () => []);
      for (let n = from; n < end; n++) {
        lists[n % partitions].push({ key: `key ${n}`, value: values[n], timestamp: n, headers: [] });
      }
      return lists.map((list, partition) => ({ topic: to, partition, records: list }));
    };
    return {
      send: (from, to) => plain.send(entries(`${topic}-plain`, from, to)),
      transact: (from, to) => named.commit({ records: entries(`${topic}-named`, from, to) }),
      async read(name, count) {
        const from = Array.from({ length: partitions }, (_, partition) => ({
          topic: name,
          partition,
          offset: 0,
        }));
        const reader = await log.reader(from);
        let bytes = 0;
        for (let found = 0; found < count; ) {
          for (const batch of await reader.poll({ maxWaitMs: 100, maxRecords: 5000 })) {
            found += batch.records.length;
            for (const record of batch.records) bytes += record.value.length;
          }
        }
        await reader.close();
        return bytes;
      },
      close: () => log.close(),
    };
  },
  async kafkajs() {
    const { default: kafkajs } = await load('kafkajs');
    const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
    const { DefaultPartitioner: createPartitioner } = kafkajs.Partitioners;
    const common = { createPartitioner, idempotent: true, maxInFlightRequests: 1 };
    const plain = kafka.producer(common);
    const named = kafka.producer({ ...common, transactionalId: `${topic}-kafkajs` });
    await Promise.all([plain.connect(), named.connect()]);
    const messages = (from, to) =>
      Array.from({ length: to - from }, (_, at) => {
        const n = from + at;
        return { key: `key ${n}`, value: values[n], partition: n % partitions, timestamp: String(n) };
      });
    return {
      send: (from, to) => plain.send({ topic: `${topic}-plain`, messages: messages(from, to) }),
      async transact(from, to) {
        const transaction = await named.transaction();
        await transaction.send({ topic: `${topic}-named`, messages: messages(from, to) });
        await transaction.commit();
      },
      async read(name, count) {
        const consumer = kafka.consumer({ groupId: `${name}-kafkajs`, maxWaitTimeInMs: 100 });
        await consumer.connect();
        await consumer.subscribe({ topic: name, fromBeginning: true });
        let found = 0;
        let bytes = 0;
        let done;
        const all = new Promise((resolve) => {
          done = resolve;
        });
        await consumer.run({
          eachBatchAutoResolve: true,
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            found += batch.messages.length;
            for (const message of batch.messages) bytes += message.value.length;
            if (found >= count) done();
          },
        });
        await all;
        await consumer.disconnect();
        return bytes;
      },
      close: () => Promise.all([plain.disconnect(), named.disconnect()]),
    };
  },
  async platformatic() {
    const { Consumer, Producer, FetchIsolationLevels } = await load('@platformatic/kafka');
    const base = { clientId: 'bench', bootstrapBrokers: brokers };
    const plain = new Producer({ ...base, idempotent: true });
    const named = new Producer({ ...base, idempotent: true, transactionalId: `${topic}-platformatic` });
    const messages = (to, from, end) =>
      Array.from({ length: end - from }, (_, at) => {
        const n = from + at;
        return {
          topic: to,
          key: Buffer.from(`key ${n}`),
          value: values[n],
          partition: n % partitions,
          timestamp: BigInt(n),
        };
      });
    return {
      send: (from, to) => plain.send({ messages: messages(`${topic}-plain`, from, to) }),
      async transact(from, to) {
        const transaction = await named.beginTransaction();
        await transaction.send({ messages: messages(`${topic}-named`, from, to) });
        await transaction.commit();
      },
      async read(name, count) {
        const consumer = new Consumer({ ...base, groupId: `${name}-platformatic` });
        const stream = await consumer.consume({
          topics: [name],
          mode: 'earliest',
          autocommit: false,
          maxWaitTime: 100,
          maxBytes: 10 << 20,
          highWaterMark: 5000,
          isolationLevel: FetchIsolationLevels?.READ_COMMITTED ?? 1,
        });
        let found = 0;
        let bytes = 0;
        await new Promise((resolve, reject) => {
          stream.on('error', reject);
          stream.on('data', (message) => {
            bytes += message.value.length;
            if (++found === count) resolve();
          });
        });
        await consumer.close(true);
        return bytes;
      },
      close: () => Promise.all([plain.close(true), named.close(true)]),
    };
  },
};

const one = await clients[client]();
const result = { client };
async function timed(name, action) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await action();
  const { user, system } = process.cpuUsage(cpu);
  result[name] = { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}
async function inSends(action) {
  for (let from = 0; from < records; from += sendRecords)
    await action(from, Math.min(records, from + sendRecords));
}
await timed('send', () => inSends(one.send));
await timed('transact', () => inSends(one.transact));
await timed('read', () => one.read(`${topic}-plain`, records));
await timed('readCommitted', () => one.read(`${topic}-named`, records));
await one.close();
console.log(JSON.stringify(result));
process.exit(0);
