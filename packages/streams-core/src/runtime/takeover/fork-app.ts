import type { LogClient, OffsetCommit, PartitionRecords, TopicInfo } from '@millrace/log-client';
import { StreamsError } from '../../errors.ts';
import { isInternalTopic, ownedTopics } from '../../topology/built/owned-topics.ts';
import { decodeMetadata, encodeMetadata } from '../task/input/commit-metadata.ts';
import { type PartitionRange, readRange } from '../upgrade/read-range.ts';
import { writeTopologyRecord } from '../upgrade/topology-record.ts';
import { type ConsistentCut, committedBy, consistentCut, everyPartition } from './consistent-cut.ts';
import { createTakeoverTopic, type Fork, readRole, roleRecord } from './fork-record.ts';
import { type InternalNames, internalNames, renamed } from './internal-names.ts';

export interface ForkAppOptions {
  readonly log: LogClient;
  /** The application that runs, or has run. */
  readonly from: string;
  /** What the new one is called. */
  readonly to: string;
  /** Input topics that only the new topology reads. All others are read no further than `from` has. */
  readonly newInputs?: readonly string[];
  /** Called now and then with the changelog records copied so far, of about how many. */
  readonly onProgress?: (copied: number, total: number) => void;
  /** How long to look for a moment between two commits of `from`, in milliseconds. Default 30 seconds. */
  readonly cutWithinMs?: number;
}

export interface ForkedApp {
  readonly topics: number;
  /** Of changelogs and repartition topics. */
  readonly records: number;
}

/**
 * Copies an application's offsets and state, as they are between two of its commits, to a new application id.
 * An app of that id is then a shadow: it reads no further than the first one has committed, and its results
 * go to topics of their own, until it is promoted. A fork that was interrupted begins again.
 * @throws StreamsError `FORK_STATE`
 */
export async function forkApp(options: ForkAppOptions): Promise<ForkedApp> {
  const { log, from, to, newInputs = [], cutWithinMs = 30_000 } = options;
  const names = await internalNames(log, from);
  if ((await committedBy(log, from)).length === 0) {
    throw new StreamsError(
      'FORK_STATE',
      `"${from}" has committed nothing in this log: there is nothing to fork`,
    );
  }
  await clearTarget(log, to);
  const fork: Fork = { version: 1, state: 'copying', of: from, newInputs: [...newInputs], outputs: {} };
  const producer = await log.producer();
  try {
    await createTakeoverTopic(log, to);
    await producer.send([roleRecord(to, fork)]);
    await createCopies(options, names);
    const copy = new Copy(options, (records) => producer.send(records));
    // Nearly all of it, whatever is committed meanwhile.
    const ranges = await rangesOf(log, names.changelogs);
    copy.total = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    for (const range of ranges) await copy.run(range);
    const outputs = await externalTopics(log);
    const topics = [...names.changelogs, ...names.repartition, ...outputs];
    const cut = await consistentCut(log, { applicationId: from, topics, withinMs: cutWithinMs });
    // What came since is short and new: compaction does not get there before this does.
    for (const { topic, partition, end: start } of ranges)
      await copy.run({ topic, partition, start, end: cut.ends.get(topic)![partition]! });
    await copyRepartition(log, names.repartition, cut, copy);
    const { record } = names;
    if (record !== undefined) {
      const internalTopics = record.internalTopics.map((topic) => renamed(topic, from, to));
      await writeTopologyRecord(log, to, { ...record, internalTopics });
    }
    const ends = Object.fromEntries(outputs.map((topic) => [topic, [...cut.ends.get(topic)!]]));
    // State, positions and what it is stand together, or it is not there.
    await producer.commit({
      records: [roleRecord(to, { ...fork, state: 'shadow', outputs: ends })],
      offsets: { group: to, commits: await commitsOf(log, names, cut, options) },
    });
    return { topics: names.changelogs.length + names.repartition.length, records: copy.records };
  } finally {
    await producer.close();
  }
}

/** An id that nothing has, or the rest of a fork that was interrupted, which is deleted. */
async function clearTarget(log: LogClient, to: string): Promise<void> {
  const topics = [...(await log.admin.topics()).keys()];
  const applications = (await log.admin.groups()).map(({ group }) => group);
  const left = ownedTopics({ applicationId: to, topics, applications });
  const role = await readRole(log, to);
  const isUnfinished = role?.state === 'copying';
  const committed = (await committedBy(log, to)).length;
  if (!isUnfinished && (left.length > 0 || committed > 0)) {
    throw new StreamsError(
      'FORK_STATE',
      `"${to}" is taken: ${left[0] === undefined ? 'its group has committed offsets' : `the topic "${left[0]}" exists`}. Choose another id, or take it away with "millrace reset ${to}"`,
    );
  }
  await log.admin.deleteTopics(left);
}

async function createCopies({ log, from, to }: ForkAppOptions, names: InternalNames): Promise<void> {
  const found = await log.admin.topics([...names.changelogs, ...names.repartition]);
  await log.admin.createTopics(
    [...found.values()].map(({ name, partitions, configs }: TopicInfo) => ({
      name: renamed(name, from, to),
      partitions,
      configs,
    })),
  );
}

async function externalTopics(log: LogClient): Promise<string[]> {
  return [...(await log.admin.topics()).keys()].filter((name) => !isInternalTopic(name));
}

async function rangesOf(log: LogClient, topics: readonly string[]): Promise<PartitionRange[]> {
  const partitions = await everyPartition(log, topics);
  const ranges = await log.admin.offsets(partitions, { awaitTransactions: true });
  return partitions.map((partition, index) => ({ ...partition, ...ranges[index]! }));
}

/** Copies ranges of topics of one application to those of the other. */
class Copy {
  readonly #options: ForkAppOptions;
  readonly #send: (records: readonly PartitionRecords[]) => Promise<unknown>;
  #passed = 0;
  records = 0;
  /** How many offsets the ranges have, about. */
  total = 0;

  constructor(options: ForkAppOptions, send: (records: readonly PartitionRecords[]) => Promise<unknown>) {
    this.#options = options;
    this.#send = send;
  }

  async run(range: PartitionRange): Promise<void> {
    const { log, from, to, onProgress } = this.#options;
    const topic = renamed(range.topic, from, to);
    for await (const records of readRange(log, range)) {
      await this.#send([{ topic, partition: range.partition, records }]);
      this.records += records.length;
      onProgress?.(Math.min(this.#passed + records.at(-1)!.offset - range.start, this.total), this.total);
    }
    this.#passed += Math.max(0, range.end - range.start);
    onProgress?.(Math.min(this.#passed, this.total), this.total);
  }
}

/** What the application had written for itself and not yet read. */
async function copyRepartition(
  log: LogClient,
  topics: readonly string[],
  cut: ConsistentCut,
  copy: Copy,
): Promise<void> {
  const partitions = await everyPartition(log, topics);
  const starts = await log.admin.offsets(partitions);
  for (const [index, { topic, partition }] of partitions.entries()) {
    const commit = cut.committed.find((one) => one.topic === topic && one.partition === partition);
    const start = commit?.offset ?? starts[index]!.start;
    await copy.run({ topic, partition, start, end: cut.ends.get(topic)![partition]! });
  }
}

/** Where the new application begins: in inputs where the other one was, in its own topics at their start. */
async function commitsOf(
  log: LogClient,
  { repartition }: InternalNames,
  { committed }: ConsistentCut,
  { from, to }: ForkAppOptions,
): Promise<OffsetCommit[]> {
  const copies = await log.admin.topics(repartition.map((topic) => renamed(topic, from, to)));
  return committed.flatMap((commit) => {
    const { topic, metadata } = commit;
    if (!repartition.includes(topic)) return [commit];
    const copied = renamed(topic, from, to);
    const times = decodeMetadata(metadata);
    const operators = new Map([...times.operators].map(([name, value]) => [name, { value }]));
    const topicId = copies.get(copied)!.id;
    return [
      { ...commit, topic: copied, offset: 0, metadata: encodeMetadata({ ...times, topicId, operators }) },
    ];
  });
}
