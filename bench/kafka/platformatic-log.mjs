// What an app needs of a log, on @platformatic/kafka: `open(BROKERS, LIBRARIES)`. Only for the comparison:
// one member in the group,
// offsets without their metadata (the client commits none in transactions), and administration through
// Millrace's own client.
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { kafkaLog } from '../../packages/kafka/dist/index.js';
import { noHeaders, toBytes } from '../../packages/log-client/dist/index.js';

export async function open(brokers, libraries) {
  const file = createRequire(path.join(libraries, 'package.json')).resolve('@platformatic/kafka');
  const { Consumer, FetchIsolationLevels, Producer } = await import(pathToFileURL(file).href);
  const base = { clientId: 'bench', bootstrapBrokers: brokers };
  const own = kafkaLog({ brokers });
  return {
    capabilities: own.capabilities,
    admin: own.admin,
    reader: (positions) => own.reader(positions),
    producer: async ({ transactionalId } = {}) =>
      producerOf(
        new Producer({
          ...base,
          idempotent: true,
          ...(transactionalId === undefined ? {} : { transactionalId }),
        }),
      ),
    join: async (options) =>
      memberOf(new Consumer({ ...base, groupId: options.group }), options, {
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      }),
    close: () => own.close(),
  };
}

function messagesOf(entries) {
  return entries.flatMap(({ topic, partition, records }) =>
    records.map(({ key, value, timestamp }) => ({
      topic,
      partition,
      key: key === null ? undefined : Buffer.from(toBytes(key)),
      value: value === null ? undefined : Buffer.from(toBytes(value)),
      timestamp: BigInt(timestamp),
    })),
  );
}

function producerOf(producer) {
  /** The first offset of each entry, as far as the answer names it. */
  const sent = async (to, records) => {
    if (records.length === 0) return [];
    const { offsets = [] } = await to.send({ messages: messagesOf(records) });
    const first = new Map(offsets.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
    return records.map(({ topic, partition }) => Number(first.get(`${topic}-${partition}`) ?? -1));
  };
  return {
    send: (records) => sent(producer, records),
    async commit({ records, offsets }) {
      const transaction = await producer.beginTransaction();
      const written = await sent(transaction, records);
      if (offsets !== undefined) {
        const consumer = members.get(offsets.group);
        await transaction.addConsumer(consumer);
        const { coordinatorId, groupId, generationId, memberId } = consumer;
        const metadata = { consumer: { coordinatorId, groupId, generationId, memberId } };
        for (const { topic, partition, offset } of offsets.commits)
          await transaction.addOffset({ topic, partition, offset: BigInt(offset) - 1n, metadata });
      }
      await transaction.commit();
      return written;
    },
    close: () => producer.close(true),
  };
}

const members = new Map();

function memberOf(consumer, { group, topics, onAssigned }, consumeOptions) {
  members.set(group, consumer);
  const waiting = new Map();
  const nameOf = ({ topic, partition }) => `${topic}-${partition}`;
  let stream;
  let failure;
  let wake = () => {};

  async function start() {
    for (const topic of topics) consumer.topics.track(topic);
    await consumer.joinGroup();
    await consumer.findGroupCoordinator();
    while (consumer.assignments === null) await new Promise((resolve) => setTimeout(resolve, 5));
    const all = consumer.assignments.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    for (const one of all) waiting.set(nameOf(one), { ...one, records: [], paused: true, offset: 0 });
    await onAssigned(all);
    stream = await consumer.consume({
      ...consumeOptions,
      topics: [...topics],
      mode: 'manual',
      offsets: [...waiting.values()].map(({ topic, partition, offset }) => ({
        topic,
        partition,
        offset: BigInt(offset),
      })),
      autocommit: false,
      maxWaitTime: 100,
      maxBytes: 10 << 20,
      highWaterMark: 5000,
    });
    // The stream fetches only while it is listened to.
    stream.on('readable', () => wake());
    stream.on('error', (error) => {
      failure = error;
    });
  }

  /** What the stream has, into the lists of its partitions. */
  function drain(limit) {
    for (let count = 0; count < limit; count++) {
      const message = stream.read();
      if (message === null) return;
      const { topic, partition, key, value, timestamp, offset } = message;
      waiting.get(`${topic}-${partition}`).records.push({
        key: key ?? null,
        value: value ?? null,
        timestamp: Number(timestamp),
        headers: noHeaders,
        offset: Number(offset),
      });
    }
  }

  function take() {
    const batches = [];
    for (const one of waiting.values()) {
      if (one.paused || one.records.length === 0) continue;
      const { topic, partition, records } = one;
      one.records = [];
      batches.push({ topic, partition, records, nextOffset: records.at(-1).offset + 1 });
    }
    return batches;
  }

  return {
    get generation() {
      return { memberId: consumer.memberId, generation: consumer.generationId };
    },
    async poll({ maxWaitMs, maxRecords }) {
      if (stream === undefined) await start();
      const until = performance.now() + maxWaitMs;
      for (;;) {
        if (failure !== undefined) throw failure;
        drain(maxRecords);
        const batches = take();
        const leftMs = until - performance.now();
        if (batches.length > 0 || leftMs <= 0) return batches;
        await new Promise((resolve) => {
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          const timer = setTimeout(wake, leftMs);
        });
      }
    },
    seek(partition, offset) {
      waiting.get(nameOf(partition)).offset = offset;
    },
    pause(partition) {
      waiting.get(nameOf(partition)).paused = true;
    },
    resume(partition) {
      waiting.get(nameOf(partition)).paused = false;
    },
    lag: () => undefined,
    async commit(offsets) {
      await consumer.commit({
        offsets: offsets.map(({ topic, partition, offset }) => ({
          topic,
          partition,
          offset: BigInt(offset),
          leaderEpoch: 0,
        })),
      });
    },
    close: () => consumer.close(true),
  };
}
