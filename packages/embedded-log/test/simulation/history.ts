import type { LogTransaction, ProducerRecord } from '@millrace/log-client';
import { noHeaders } from '@millrace/log-client';
import { EmbeddedLog, type EmbeddedLogOptions } from '../../src/index.ts';
import type { FileSystem } from '../../src/files/file-system.ts';
import { Random } from './random.ts';

const topic = 'events';
const group = 'readers';
export const partitions = 3;

/** One commit of a history: it writes its number to partition 0, and to others as the seed says. */
interface Commit {
  readonly id: number;
  readonly transaction: LogTransaction;
}

export interface History {
  readonly options: EmbeddedLogOptions;
  /** Commits in the order of their ids, in groups that are submitted at the same time. */
  readonly groups: readonly (readonly Commit[])[];
  readonly commits: readonly Commit[];
}

function record(random: Random, id: number): ProducerRecord {
  const padding = random.below(random.chance(0.1) ? 900 : 60);
  return {
    key: random.chance(0.1) ? null : Buffer.from(`k${random.below(5)}`),
    value: Buffer.from(`${id}:${'x'.repeat(padding)}`),
    timestamp: id,
    headers: random.chance(0.1) ? [{ key: 'h', value: Buffer.from([id & 255]) }] : noHeaders,
  };
}

export function makeHistory(seed: number): History {
  const random = new Random(seed);
  const commits: Commit[] = [];
  const groups: Commit[][] = [];
  const rounds = 1 + random.below(5);
  for (let round = 0; round < rounds; round++) {
    const together: Commit[] = [];
    for (let n = 1 + random.below(3); n > 0; n--) {
      const id = commits.length + 1;
      const others = [1, 2].filter(() => random.chance(0.5));
      const commit = {
        id,
        transaction: {
          records: [0, ...others].map((partition) => ({
            topic,
            partition,
            records: Array.from({ length: 1 + random.below(3) }, () => record(random, id)),
          })),
          offsets: { group, commits: [{ topic, partition: 0, offset: id, metadata: `m${id}` }] },
        },
      };
      commits.push(commit);
      together.push(commit);
    }
    groups.push(together);
  }
  const options: EmbeddedLogOptions = {
    durability: random.chance(0.7) ? 'commit' : 'os',
    checkpointBytes: [300, 700, 1500, 1 << 20][random.below(4)]!,
    segmentBytes: [200, 1000][random.below(2)]!,
    // All commits, or the larger ones, or none go straight to the segments.
    directBytes: [0, 400, 1 << 30][random.below(3)]!,
    // Logs that crash are never closed: their timers would stay.
    housekeepingMs: Number.POSITIVE_INFINITY,
  };
  return { options, groups, commits };
}

/** Runs a history and returns the ids of the commits that were acknowledged. */
export async function runHistory(history: History, fileSystem: FileSystem, acked: number[]): Promise<void> {
  const log = await EmbeddedLog.openOn(fileSystem, history.options);
  await log.admin.createTopics([{ name: topic, partitions }]);
  const producer = await log.producer();
  for (const together of history.groups) {
    const settled = await Promise.allSettled(together.map(({ transaction }) => producer.commit(transaction)));
    for (const [index, { status }] of settled.entries())
      if (status === 'fulfilled') acked.push(together[index]!.id);
  }
  await log.close();
}

/** What a log holds: the values of each partition, and the group's offset. */
export interface Content {
  readonly ids: readonly number[];
  readonly partitions: readonly (readonly string[])[];
  readonly offset: number | undefined;
}

export async function readContent(fileSystem: FileSystem, options: EmbeddedLogOptions): Promise<Content> {
  const log = await EmbeddedLog.openOn(fileSystem, { ...options, checkpointBytes: 1 << 30 });
  const known = (await log.admin.topics([topic])).has(topic);
  const values: string[][] = [];
  for (let partition = 0; partition < (known ? partitions : 0); partition++) {
    const [range] = await log.admin.offsets([{ topic, partition }]);
    const reader = await log.reader([{ topic, partition, offset: 0 }]);
    const found: string[] = [];
    while (found.length < range!.end) {
      for (const batch of await reader.poll({ maxWaitMs: 0, maxRecords: 100 })) {
        for (const { value, offset } of batch.records) {
          if (offset !== found.length) throw new Error(`offset ${offset} at place ${found.length}`);
          found.push(Buffer.from(value!).toString());
        }
      }
    }
    values.push(found);
  }
  const [committed] = known ? await log.admin.committed(group, [{ topic, partition: 0 }]) : [];
  const ids = [...new Set((values[0] ?? []).map((value) => Number.parseInt(value, 10)))];
  return { ids, partitions: values, offset: committed?.offset };
}

/** What a log holds that has these commits and no others, each whole. */
export function contentOf(history: History, ids: readonly number[]): Content {
  const values: string[][] = Array.from({ length: partitions }, () => []);
  for (const id of ids) {
    for (const { partition, records } of history.commits[id - 1]!.transaction.records) {
      values[partition]!.push(...[...records].map(({ value }) => Buffer.from(value!).toString()));
    }
  }
  return { ids, partitions: values, offset: ids.at(-1) };
}
