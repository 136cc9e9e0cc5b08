import type { LogClient, LogProducer, PartitionRecords } from '@millrace/log-client';

/** Between a shadow's id and the topic that a result was for. */
const infix = '-shadow-';

/** Where a shadow's results for a topic go. */
export function shadowTopic(applicationId: string, topic: string): string {
  return `${applicationId}${infix}${topic}`;
}

/** The topic whose shadow a topic is; undefined for any other topic. */
export function shadowedTopic(applicationId: string, shadow: string): string | undefined {
  const start = `${applicationId}${infix}`;
  return shadow.startsWith(start) ? shadow.slice(start.length) : undefined;
}

/**
 * The log as a shadow has it: what it writes goes to topics of its own, which are made like those they stand
 * for; its internal topics (`isOwn`) are what they are.
 */
export function shadowLog(
  log: LogClient,
  applicationId: string,
  isOwn: (topic: string) => boolean,
): LogClient {
  const names = new Map<string, string>();
  const prepare = async (topics: readonly string[]): Promise<void> => {
    const fresh = topics.filter((topic) => !names.has(topic) && !isOwn(topic));
    if (fresh.length === 0) return;
    const found = await log.admin.topics(fresh);
    const shadows = [...found.values()].map(({ name, partitions, configs }) => ({
      name: shadowTopic(applicationId, name),
      partitions,
      configs,
    }));
    await log.admin.createTopics(shadows);
    for (const topic of fresh) names.set(topic, shadowTopic(applicationId, topic));
  };
  const rename = async (records: readonly PartitionRecords[]): Promise<PartitionRecords[]> => {
    await prepare(records.map(({ topic }) => topic));
    return records.map((entry) => ({ ...entry, topic: names.get(entry.topic) ?? entry.topic }));
  };
  return {
    capabilities: log.capabilities,
    admin: log.admin,
    reader: (positions) => log.reader(positions),
    join: (options) => log.join(options),
    ...(log.recordList === undefined
      ? {}
      : { recordList: (expectedBytes?: number) => log.recordList!(expectedBytes) }),
    producer: async (options) => shadowProducer(await log.producer(options), rename),
    readMetrics: () => log.readMetrics?.() ?? [],
    close: () => log.close(),
  };
}

function shadowProducer(
  producer: LogProducer,
  rename: (records: readonly PartitionRecords[]) => Promise<PartitionRecords[]>,
): LogProducer {
  return {
    commit: async (transaction) =>
      producer.commit({ ...transaction, records: await rename(transaction.records) }),
    send: async (records) => producer.send(await rename(records)),
    close: () => producer.close(),
  };
}
