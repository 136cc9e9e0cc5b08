import {
  createPartitionsApi,
  createTopicsApi,
  deleteTopicsApi,
  describeLogDirsApi,
  errorCodes,
  zeroUuid,
} from '@millrace/kafka-protocol/messages';
import { outcomeOf, type Failure, failure, failureOf, noFailure } from '../error-code.ts';
import { handler, type ServedLog } from '../handler.ts';

const defaultPartitions = 1;
/** In place of a number: the broker's own. */
const asConfigured = -1;
/** From this version on topics may be named by their ids. */
const byId = 6;

interface NewTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly unknown[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

async function create(log: ServedLog, topic: NewTopic, validateOnly: boolean): Promise<Failure> {
  const { name, numPartitions, replicationFactor, assignments } = topic;
  if (log.raw.state.topics.has(name))
    return failure('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
  if (assignments.length > 0 && (numPartitions !== asConfigured || replicationFactor !== asConfigured)) {
    return failure('INVALID_REQUEST', 'a topic has either assignments or a number of partitions');
  }
  if (replicationFactor !== asConfigured && replicationFactor !== 1) {
    return failure('INVALID_REPLICATION_FACTOR', `there is one broker, not ${replicationFactor}`);
  }
  const partitions = partitionsOf(topic);
  const given = topic.configs.filter((one): one is { name: string; value: string } => one.value !== null);
  const configs = Object.fromEntries(given.map((one) => [one.name, one.value]));
  if (partitions < 1) return failure('INVALID_PARTITIONS', `a topic cannot have ${partitions} partitions`);
  try {
    if (!validateOnly) await log.admin.createTopics([{ name, partitions, configs }]);
    return noFailure;
  } catch (error) {
    return failureOf(error);
  }
}

function partitionsOf({ numPartitions, assignments }: NewTopic): number {
  if (assignments.length > 0) return assignments.length;
  return numPartitions === asConfigured ? defaultPartitions : numPartitions;
}

export const handleCreateTopics = handler(createTopicsApi, async ({ topics, validateOnly }, { log }) => ({
  topics: await Promise.all(
    topics.map(async (topic) => {
      const { name } = topic;
      const made = await create(log, topic, validateOnly);
      const isThere = made.errorCode === errorCodes.NONE && !validateOnly;
      const topicId = isThere ? log.raw.state.topic(name).uuid : zeroUuid;
      return {
        ...made,
        name,
        topicId,
        numPartitions: partitionsOf(topic),
        replicationFactor: 1,
        configs: [],
      };
    }),
  ),
}));

export const handleDeleteTopics = handler(
  deleteTopicsApi,
  async ({ topics, topicNames }, { log, version }) => {
    const named = version < byId ? topicNames.map((name) => ({ name, topicId: zeroUuid })) : topics;
    const responses = named.map(async ({ name: given, topicId }) => {
      const name = given ?? log.raw.topicByUuid(topicId)?.name ?? null;
      if (name === null) return { ...failure('UNKNOWN_TOPIC_ID'), name, topicId };
      const known = log.raw.state.topics.get(name);
      const done = await outcomeOf(() => log.admin.deleteTopics([name]));
      const { errorCode, errorMessage } = done;
      return {
        name,
        topicId: known?.uuid ?? topicId,
        errorCode,
        errorMessage: version >= 5 ? errorMessage : null,
      };
    });
    return { responses: await Promise.all(responses) };
  },
);

export const handleCreatePartitions = handler(
  createPartitionsApi,
  async ({ topics, validateOnly }, { log }) => ({
    results: await Promise.all(
      topics.map(async ({ name, count }) => {
        const known = log.raw.state.topics.get(name);
        if (known === undefined) return { ...failure('UNKNOWN_TOPIC_OR_PARTITION'), name };
        if (count <= known.partitions) {
          return {
            ...failure('INVALID_PARTITIONS', `${name} has ${known.partitions} partitions already`),
            name,
          };
        }
        if (validateOnly) return { ...noFailure, name };
        return {
          ...(await outcomeOf(() => log.admin.createPartitions([{ name, partitions: count }]))),
          name,
        };
      }),
    ),
  }),
);

/** How much each partition takes: tools show it as the sizes of topics. */
export const handleDescribeLogDirs = handler(describeLogDirsApi, ({ topics }, { log }) => {
  const wanted =
    topics === null ? undefined : new Map(topics.map(({ topic, partitions }) => [topic, partitions]));
  const described = [...log.raw.state.topics.values()]
    .filter(({ name }) => wanted === undefined || wanted.has(name))
    .map(({ name, state }) => ({
      name,
      partitions: state
        .filter(({ partition }) => wanted?.get(name)?.includes(partition) ?? true)
        .map(({ partition, bytes }) => ({
          partitionIndex: partition,
          partitionSize: bytes,
          offsetLag: 0,
          isFutureKey: false,
        })),
    }));
  return { results: [{ errorCode: errorCodes.NONE, logDir: log.raw.location, topics: described }] };
});
