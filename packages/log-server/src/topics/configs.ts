import { effectiveConfigs } from '@millrace/embedded-log/raw';
import {
  alterConfigsApi,
  describeConfigsApi,
  errorCodes,
  incrementalAlterConfigsApi,
  listConfigResourcesApi,
} from '@millrace/kafka-protocol/messages';
import { outcomeOf, type Failure, failure, noFailure } from '../error-code.ts';
import { handler, nodeId, type ServedLog } from '../handler.ts';

const resourceTypes = { topic: 2, broker: 4 } as const;
const sources = { topic: 1, default: 5 } as const;
const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;
const textType = 2;

/** What tools look for in a broker. */
const brokerConfigs: Readonly<Record<string, string>> = {
  'auto.create.topics.enable': 'false',
  'default.replication.factor': '1',
  'log.retention.ms': '604800000',
  'min.insync.replicas': '1',
  'num.partitions': '1',
};

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

function configsOf(
  log: ServedLog,
  { resourceType, resourceName }: Resource,
): readonly ConfigEntry[] | undefined {
  if (resourceType === resourceTypes.broker) {
    return Object.entries(brokerConfigs).map(([name, value]) => entry(name, value, sources.default));
  }
  const topic = log.raw.state.topics.get(resourceName);
  if (resourceType !== resourceTypes.topic || topic === undefined) return undefined;
  const limit = { 'max.message.bytes': String(log.raw.maxBatchBytes), 'min.insync.replicas': '1' };
  return Object.entries({ ...limit, ...effectiveConfigs(topic.configs) }).map(([name, value]) =>
    entry(name, value, Object.hasOwn(topic.configs, name) ? sources.topic : sources.default),
  );
}

interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly configSource: number;
  readonly readOnly: boolean;
  readonly isSensitive: boolean;
  readonly configType: number;
  readonly synonyms: readonly { readonly name: string; readonly value: string; readonly source: number }[];
}

function entry(name: string, value: string, configSource: number): ConfigEntry {
  const synonyms = [{ name, value, source: configSource }];
  return { name, value, configSource, readOnly: false, isSensitive: false, configType: textType, synonyms };
}

export const handleDescribeConfigs = handler(
  describeConfigsApi,
  ({ resources, includeSynonyms }, { log, version }) => ({
    results: resources.map(({ resourceType, resourceName, configurationKeys }) => {
      const known = configsOf(log, { resourceType, resourceName });
      if (known === undefined) {
        return { ...failure('UNKNOWN_TOPIC_OR_PARTITION'), resourceType, resourceName, configs: [] };
      }
      const configs = known
        .filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
        .map(({ synonyms, configType, ...one }) => ({
          ...one,
          synonyms: includeSynonyms ? synonyms : [],
          ...(version >= 3 ? { configType } : {}),
        }));
      return { ...noFailure, resourceType, resourceName, configs };
    }),
  }),
);

interface Alteration {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

async function alter(
  log: ServedLog,
  { resourceType, resourceName: name }: Resource,
  alterations: readonly Alteration[],
): Promise<Failure> {
  if (resourceType !== resourceTypes.topic) {
    return failure('INVALID_REQUEST', 'only topics have settings that can be changed');
  }
  const topic = log.raw.state.topics.get(name);
  if (topic === undefined) return failure('UNKNOWN_TOPIC_OR_PARTITION');
  const configs: Record<string, string | null> = {};
  for (const { name: config, configOperation, value } of alterations) {
    const before = (topic.configs[config] ?? effectiveConfigs({})[config] ?? '').split(',').filter(Boolean);
    const change = (value ?? '').split(',');
    if (configOperation === operations.delete) configs[config] = null;
    else if (configOperation === operations.append)
      configs[config] = [...new Set([...before, ...change])].join(',');
    else if (configOperation === operations.subtract) {
      configs[config] = before.filter((one) => !change.includes(one)).join(',');
    } else configs[config] = value;
  }
  return outcomeOf(() => log.admin.alterTopics([{ name, configs }]));
}

export const handleIncrementalAlterConfigs = handler(
  incrementalAlterConfigsApi,
  async ({ resources, validateOnly }, { log }) => ({
    responses: await Promise.all(
      resources.map(async ({ configs, resourceType, resourceName }) => ({
        ...(validateOnly ? noFailure : await alter(log, { resourceType, resourceName }, configs)),
        resourceType,
        resourceName,
      })),
    ),
  }),
);

/** The older way: what is not named goes back to its default. */
export const handleAlterConfigs = handler(alterConfigsApi, async ({ resources, validateOnly }, { log }) => ({
  responses: await Promise.all(
    resources.map(async ({ configs, resourceType, resourceName }) => {
      const before = Object.keys(log.raw.state.topics.get(resourceName)?.configs ?? {});
      const given = configs.map((one) => ({ ...one, configOperation: operations.set }));
      const gone = before
        .filter((name) => !configs.some((one) => one.name === name))
        .map((name) => ({ name, value: null, configOperation: operations.delete }));
      const done = validateOnly
        ? noFailure
        : await alter(log, { resourceType, resourceName }, [...given, ...gone]);
      return { ...done, resourceType, resourceName };
    }),
  ),
}));

export const handleListConfigResources = handler(
  listConfigResourcesApi,
  ({ resourceTypes: wanted }, { log, version }) => {
    const topics = [...log.raw.state.topics.keys()].map((resourceName) => ({
      resourceName,
      resourceType: resourceTypes.topic,
    }));
    const all = [...topics, { resourceName: String(nodeId), resourceType: resourceTypes.broker }];
    // Before version 1 it lists client metrics only, of which there are none.
    const listed =
      version === 0
        ? []
        : all.filter(({ resourceType }) => wanted.length === 0 || wanted.includes(resourceType));
    return { errorCode: errorCodes.NONE, configResources: listed };
  },
);
