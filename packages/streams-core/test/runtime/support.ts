import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { type LogClient, noHeaders, partitionForKey } from '@millrace/log-client';
import type { Topic } from '@millrace/streams-core';

/** Gives a test an in-memory log and a folder, and takes both away after it. */
export async function withLog(body: (log: EmbeddedLog, dir: string) => Promise<void>): Promise<void> {
  await withFolder(async (dir) => {
    const log = await EmbeddedLog.inMemory();
    await body(log, dir).finally(() => log.close());
  });
}

/** Gives a test a folder, and takes it away after it. */
export async function withFolder(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-app-'));
  await body(dir).finally(() => rm(dir, { recursive: true, force: true }));
}

/** Writes records as a producer would: by key, with timestamps 0, 1, 2 ... unless given. */
export async function write<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  records: readonly (readonly [K, V | null, number?])[],
): Promise<void> {
  const { partitions } = (await log.admin.topics([topic.name])).get(topic.name)!;
  const producer = await log.producer();
  for (const [index, [key, value, timestamp = index]] of records.entries()) {
    const keyBytes = topic.key.serialize(key);
    const record = {
      key: keyBytes,
      value: value === null ? null : topic.value.serialize(value),
      timestamp,
      headers: noHeaders,
    };
    await producer.send([
      { topic: topic.name, partition: partitionForKey(keyBytes, partitions), records: [record] },
    ]);
  }
}

/** Everything in a topic, partition by partition. */
export async function readTopic<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
): Promise<{ key: K; value: V | null }[]> {
  const { partitions } = (await log.admin.topics([topic.name])).get(topic.name)!;
  const found: { key: K; value: V | null }[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const [range] = await log.admin.offsets([{ topic: topic.name, partition }]);
    const reader = await log.reader([{ topic: topic.name, partition, offset: range!.start }]);
    for (let offset = range!.start; offset < range!.end; ) {
      for (const batch of await reader.poll({ maxWaitMs: 100, maxRecords: 1000 })) {
        for (const { key, value } of batch.records) {
          found.push({
            key: topic.key.deserialize(key!),
            value: value === null ? null : topic.value.deserialize(value),
          });
        }
        offset = batch.nextOffset;
      }
    }
    await reader.close();
  }
  return found;
}

export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { withinMs = 10_000 }: { readonly withinMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1000} s`);
    await sleep(10);
  }
}

/** Waits until a group has committed everything in a topic. */
export function caughtUp(log: LogClient, group: string, topic: string): Promise<void> {
  return eventually(`${group} has read all of ${topic}`, async () => {
    const { partitions } = (await log.admin.topics([topic])).get(topic)!;
    const list = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const [ends, committed] = [await log.admin.offsets(list), await log.admin.committed(group, list)];
    return ends.every(({ end }, index) => end === (committed[index]?.offset ?? 0));
  });
}

/** Lets everything that is ready run, many times over: for what must not happen. */
export async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
}
