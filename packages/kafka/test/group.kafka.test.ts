import { setTimeout as sleep } from 'node:timers/promises';
import { type GroupMember, type GroupOptions, noHeaders, type TopicPartition } from '@millrace/log-client';
import { afterAll, expect, test } from 'vitest';
import { type KafkaLog, type KafkaLogOptions, kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';
import { runTool } from './java.ts';

const opened: KafkaLog[] = [];
function open(options: Partial<KafkaLogOptions> = {}): KafkaLog {
  const log = kafkaLog({ brokers, heartbeatIntervalMs: 200, sessionTimeoutMs: 1500, ...options });
  opened.push(log);
  return log;
}
afterAll(() => Promise.all(opened.map((log) => log.close())));

let serial = 0;
async function topicOf(partitions: number): Promise<string> {
  const name = `group-${process.pid}-${serial++}`;
  await open().admin.createTopics([{ name, partitions }]);
  return name;
}

function options(group: string, topic: string, events: string[], userData = ''): GroupOptions {
  const note = (event: string) => async (partitions: readonly TopicPartition[]) => {
    events.push(
      `${event} ${partitions
        .map(({ partition }) => partition)
        .toSorted((a, b) => a - b)
        .join(',')}`,
    );
  };
  return {
    group,
    topics: [topic],
    userData: Buffer.from(userData),
    assignor: {
      name: 'by-user-data',
      // The member whose user data comes first in the alphabet gets the even partitions.
      assign: (members, partitions) => {
        const sorted = members.toSorted((a, b) => Buffer.compare(a.userData, b.userData));
        const all = [...partitions].flatMap(([name, count]) =>
          Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
        );
        return new Map(
          sorted.map(({ id }, index) => [
            id,
            all.filter(({ partition }) => partition % sorted.length === index),
          ]),
        );
      },
    },
    maxPollIntervalMs: 30_000,
    onAssigned: note('assigned'),
    onRevoked: note('revoked'),
    onLost: note('lost'),
  };
}

async function until(members: readonly GroupMember[], done: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!done()) {
    expect(Date.now()).toBeLessThan(deadline);
    await Promise.all(members.map((member) => member.poll({ maxWaitMs: 20, maxRecords: 100 })));
  }
}

test("members see each other's user data, and Kafka's own tools see their partitions", async () => {
  const topic = await topicOf(4);
  const group = `${topic}-g`;
  const [a, b]: [string[], string[]] = [[], []];
  const second = await open({ clientId: 'second' }).join(options(group, topic, b, 'b'));
  await until([second], () => b.length > 0);
  const first = await open({ clientId: 'first' }).join(options(group, topic, a, 'a'));
  await until([first, second], () => a.length > 0);
  expect(b).toEqual(['assigned 0,1,2,3', 'revoked 0,2']);
  expect(a).toEqual(['assigned 0,2']);
  const described = runTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    '--bootstrap-server',
    brokers.join(','),
    '--describe',
    '--members',
    '--verbose',
    '--group',
    group,
  ]);
  let out = '';
  void described.then((text) => {
    out = text;
  });
  await until([first, second], () => out !== '');
  // Kafka 3 leaves out the topic.
  expect(out).toMatch(new RegExp(`first.*(${topic}:|\\()0,2`));
  expect(out).toMatch(new RegExp(`second.*(${topic}:|\\()1,3`));
  await first.close();
  await second.close();
});

test('a member that takes long over a batch stays in its group, for as long as it may', async () => {
  const topic = await topicOf(1);
  const events: string[] = [];
  const member = await open().join(options(`${topic}-g`, topic, events));
  await until([member], () => events.length > 0);
  // Three times as long as the broker waits for a sign of life.
  await sleep(4500);
  await member.commit([{ topic, partition: 0, offset: 0, metadata: 'still here' }]);
  await member.poll({ maxWaitMs: 500, maxRecords: 1 });
  expect(events).toEqual(['assigned 0']);
  await member.close();
});

test('a static member that comes back gets its partitions back, and nobody else notices', async () => {
  const topic = await topicOf(2);
  const group = `${topic}-g`;
  const [a, b, again]: [string[], string[], string[]] = [[], [], []];
  const statics = { sessionTimeoutMs: 20_000 };
  const one = await open({ ...statics, groupInstanceId: 'one' }).join(options(group, topic, a, 'a'));
  await until([one], () => a.length > 0);
  const two = await open({ ...statics, groupInstanceId: 'two' }).join(options(group, topic, b, 'b'));
  await until([one, two], () => b.length > 0);
  await one.close();
  const before = b.length;
  const back = await open({ ...statics, groupInstanceId: 'one' }).join(options(group, topic, again, 'a'));
  await until([back, two], () => again.length > 0);
  expect(again).toEqual(['assigned 0']);
  expect(b.slice(before)).toEqual([]);
  await back.close();
  await two.close();
});

test('a paused partition is not fetched ahead without end', async () => {
  const topic = await topicOf(1);
  const log = open();
  const producer = await log.producer();
  const value = Buffer.alloc(10_000, 'x');
  const records = Array.from({ length: 500 }, () => ({ key: null, value, timestamp: 1, headers: noHeaders }));
  for (let round = 0; round < 8; round++) await producer.send([{ topic, partition: 0, records }]);
  const at = { topic, partition: 0 };
  const reader = await log.reader([{ ...at, offset: 0 }]);
  while ((await reader.poll({ maxWaitMs: 100, maxRecords: 10 })).length === 0);
  reader.pause(at);
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round++) {
    expect(await reader.poll({ maxWaitMs: 50, maxRecords: 10 })).toEqual([]);
  }
  // 40 MB wait in the log; of them one fetch of a megabyte at most is here.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
  reader.resume(at);
  let count = 0;
  while (count < 3990) {
    for (const batch of await reader.poll({ maxWaitMs: 100, maxRecords: 1000 }))
      count += batch.records.length;
  }
});
