import { noHeaders, partitionForKey } from '@millrace/log-client';
import { readAll } from '@millrace/log-client/conformance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { compressions } from '@millrace/kafka-protocol';
import { brokers } from './brokers.ts';
import { kafkaVersion, runJava, runTool } from './java.ts';

const log = kafkaLog({ brokers });
afterAll(() => log.close());

const partitions = 5;
let topics = 0;
async function newTopic(): Promise<string> {
  const name = `java-${process.pid}-${topics++}`;
  await log.admin.createTopics([{ name, partitions }]);
  return name;
}

const hex = (bytes: Uint8Array | null): string =>
  bytes === null ? 'null' : Buffer.from(bytes).toString('hex');

/** By topic what Java's consumer reads, in the order of its values. */
async function consumedByJava(names: readonly string[]): Promise<Map<string, string[]>> {
  const out = await runJava('Probe.java', ['consume', brokers.join(','), String(partitions), ...names]);
  const found = new Map(names.map((name) => [name, [] as string[]]));
  for (const line of out.replace(/\n$/, '').split('\n')) {
    const tab = line.indexOf('\t');
    found.get(line.slice(0, tab))!.push(line.slice(tab + 1));
  }
  for (const lines of found.values()) lines.sort();
  return found;
}

async function consumedHere(topic: string): Promise<string[]> {
  const lines: string[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (const { timestamp, key, value, headers } of await readAll(log, topic, partition)) {
      const texts = headers.map((header) => `${header.key}=${hex(header.value)}`).join(',');
      lines.push([partition, timestamp, hex(key), hex(value), texts].join('\t'));
    }
  }
  return lines.toSorted();
}

describe('what a Java producer writes', () => {
  const types = ['string', 'integer', 'long', 'double', 'bytes'] as const;
  const topicOf = new Map<string, string>();
  let java: Map<string, string[]>;
  beforeAll(async () => {
    for (const name of [...types, ...compressions]) topicOf.set(name, await newTopic());
    const specs = [
      ...types.map((type) => `${topicOf.get(type)}:${type}:none:200`),
      ...compressions.map((compression) => `${topicOf.get(compression)}:string:${compression}:3000`),
    ];
    await runJava('Probe.java', ['produce', brokers.join(','), ...specs]);
    java = await consumedByJava(compressions.map((compression) => topicOf.get(compression)!));
  });

  test.each(types)('lands in the partition that this side expects: %s keys', async (type) => {
    for (let partition = 0; partition < partitions; partition++) {
      const records = await readAll(log, topicOf.get(type)!, partition);
      expect(records.length).toBeGreaterThan(10);
      expect(records.map(({ key }) => partitionForKey(key!, partitions))).toEqual(
        records.map(() => partition),
      );
    }
  });

  test.each(compressions)('is read whole, compressed with %s', async (compression) => {
    const here = await consumedHere(topicOf.get(compression)!);
    expect(here).toHaveLength(3000);
    expect(here).toEqual(java.get(topicOf.get(compression)!));
  });
});

describe('what is written here', () => {
  const topicOf = new Map<string, string>();
  let java: Map<string, string[]>;
  beforeAll(async () => {
    for (const compression of compressions) {
      const topic = await newTopic();
      topicOf.set(compression, topic);
      const packing = kafkaLog({ brokers, compression });
      const producer = await packing.producer({ transactionalId: topic });
      await producer.commit({
        records: Array.from({ length: partitions }, (_, partition) => ({
          topic,
          partition,
          records: records.filter(({ key }) => partitionForKey(Buffer.from(key), partitions) === partition),
        })),
      });
      await packing.close();
    }
    java = await consumedByJava([...topicOf.values()]);
  });
  const records = Array.from({ length: 3000 }, (_, index) => ({
    key: `key ${index}`,
    value: index % 10 === 0 ? null : Buffer.from(`value ${index} ${'y'.repeat(index % 300)}`),
    timestamp: 1_700_000_000_000 + index * 1000,
    headers:
      index % 3 === 0
        ? [
            { key: 'a', value: Buffer.from([index & 255]) },
            { key: 'n', value: null },
          ]
        : noHeaders,
  }));

  test.each(compressions)('is read whole by a Java consumer, compressed with %s', async (compression) => {
    const topic = topicOf.get(compression)!;
    expect(java.get(topic)).toHaveLength(3000);
    expect(java.get(topic)).toEqual(await consumedHere(topic));
  });

  test("is read by Kafka's console consumer, and what its console producer writes is read here", async () => {
    const topic = await newTopic();
    const server = ['--bootstrap-server', brokers.join(',')];
    await runTool(
      // Kafka 4 has moved it.
      kafkaVersion?.startsWith('3.') === true
        ? 'kafka.tools.ConsoleProducer'
        : 'org.apache.kafka.tools.ConsoleProducer',
      [...server, '--topic', topic, '--property', 'parse.key=true', '--property', 'key.separator=:'],
      'mug:2\ncup:3\n',
    );
    const found = (await consumedHere(topic)).map((line) => line.split('\t').slice(2, 4));
    expect(found).toEqual(
      expect.arrayContaining([
        [hex(Buffer.from('mug')), hex(Buffer.from('2'))],
        [hex(Buffer.from('cup')), hex(Buffer.from('3'))],
      ]),
    );
    const producer = await log.producer({ transactionalId: `${topic}-tx` });
    const partition = partitionForKey(Buffer.from('pot'), partitions);
    const pot = { key: 'pot', value: '7', timestamp: 1_700_000_000_000, headers: noHeaders };
    await producer.commit({ records: [{ topic, partition, records: [pot] }] });
    const out = await runTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...server,
      '--topic',
      topic,
      '--from-beginning',
      '--isolation-level',
      'read_committed',
      '--property',
      'print.key=true',
      '--max-messages',
      '3',
    ]);
    const lines = out.split('\n').filter((line) => line.includes('\t'));
    expect(lines.toSorted()).toEqual(['cup\t3', 'mug\t2', 'pot\t7']);
  });
});
