import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { noHeaders, partitionForKey } from '@millrace/log-client';
import { readAll } from '@millrace/log-client/conformance';
import {
  integer,
  json,
  long,
  minutes,
  nullable,
  StreamsApp,
  StreamsBuilder,
  string,
  timeWindowed,
  type Topic,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { afterAll, expect, test } from 'vitest';
import { classPath } from '@millrace/kafka-broker';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';
import { kafkaVersion } from './java.ts';

// A pipeline whose middle is a Kafka Streams app in Java: both sides read what the other wrote, exactly once,
// and a join
// here of a topic written there finds each key in the partition where it expects it.

const prefix = `exchange-${process.pid}`;
const partitions = 4;
const log = kafkaLog({ brokers });
const dir = mkdtempSync(path.join(tmpdir(), 'exchange '));
let java: ChildProcess | undefined;
afterAll(async () => {
  java?.kill('SIGKILL');
  await log.close();
  rmSync(dir, { recursive: true, force: true });
});

const text = string();
const sentences = topic(`${prefix}-sentences`, { key: text, value: text });
const words = topic(`${prefix}-words`, { key: text, value: text });
const counts = topic(`${prefix}-counts`, { key: timeWindowed(text, minutes(1)), value: nullable(long()) });
const lengths = topic(`${prefix}-lengths`, { key: text, value: integer() });
const frequent = topic(`${prefix}-frequent`, { key: text, value: json<{ minute: number; count: number }>() });
const described = topic(`${prefix}-described`, { key: text, value: nullable(text) });

function topology(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(sentences)
    .flatMap((sentence, from) => sentence.split(' ').map((word): [string, string] => [word, from]))
    .to(words);
  builder
    .stream(counts)
    .map((count, { key, window }) => [key, { minute: window.start / minutes(1), count: count ?? 0 }])
    .filter(({ count }) => count >= 2)
    .to(frequent);
  const latest = builder.table(words);
  const sizes = builder.table(lengths);
  latest
    .join(sizes, (from, length) => `${from}: ${length}`)
    .toStream()
    .to(described);
  return builder.build();
}

async function startJava(): Promise<void> {
  const source = fileURLToPath(new URL('java/Exchange.java', import.meta.url));
  const jars = await classPath(kafkaVersion, ['streams']);
  java = spawn('java', ['-cp', jars, source, brokers.join(','), prefix, path.join(dir, 'java')], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

async function last<K, V>({ name, key, value }: Topic<K, V>): Promise<Map<string, V>> {
  const found = new Map<string, V>();
  for (let partition = 0; partition < partitions; partition++) {
    for (const record of await readAll(log, name, partition)) {
      const bytes = Buffer.from(record.key!);
      expect(partitionForKey(bytes, partitions)).toBe(partition);
      found.set(String(key.deserialize(bytes)), value.deserialize(Buffer.from(record.value!)));
    }
  }
  return found;
}

test('a Kafka Streams app in Java and a Millrace app exchange topics, exactly once', async () => {
  const topics = [sentences, words, counts, lengths, frequent, described];
  await log.admin.createTopics(topics.map(({ name }) => ({ name, partitions })));
  const vocabulary = Array.from({ length: 60 }, (_, index) => `word${'é'.repeat(index % 5)}${index}`);
  const start = 1_700_000_040_000;
  const tally = new Map<string, number>();
  const latest = new Map<string, string>();
  const producer = await log.producer();
  for (let index = 0; index < 200; index++) {
    const chosen = [index % 60, (index * 7) % 60, (index * index) % 60].map((at) => vocabulary[at]!);
    for (const word of chosen) {
      tally.set(word, (tally.get(word) ?? 0) + 1);
      latest.set(word, `from ${index}`);
    }
    // All in one partition and one minute, so that the order and the window are known.
    await producer.send([
      {
        topic: sentences.name,
        partition: 0,
        records: [
          {
            key: `from ${index}`,
            value: chosen.join(' '),
            timestamp: start + index * 100,
            headers: noHeaders,
          },
        ],
      },
    ]);
  }
  await producer.close();
  const app = new StreamsApp(topology(), {
    applicationId: prefix,
    log,
    stateDir: path.join(dir, 'millrace'),
  });
  await startJava();
  await app.start();
  const expectedCounts = [...tally].filter(([, count]) => count >= 2);
  await expect
    .poll(
      async () => {
        const [found, about] = await Promise.all([last(frequent), last(described)]);
        return [
          Object.fromEntries([...found].map(([word, { count }]) => [word, count])),
          Object.fromEntries(about),
        ];
      },
      { timeout: 60_000, interval: 500 },
    )
    .toEqual([
      Object.fromEntries(expectedCounts),
      Object.fromEntries([...latest].map(([word, from]) => [word, `${from}: ${word.length}`])),
    ]);
  expect([...(await last(frequent)).values()].every(({ minute }) => minute === start / minutes(1))).toBe(
    true,
  );
  await app.close();
}, 120_000);
