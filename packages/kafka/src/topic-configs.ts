import { describeConfigsApi, incrementalAlterConfigsApi } from '@millrace/kafka-protocol/messages';
import type { EffectiveConfigs, TopicAlteration } from '@millrace/log-client';
import type { Cluster } from './cluster/cluster.ts';
import { assertOk, errorType } from './errors.ts';

const topicResource = 2;
/** What someone set for this very topic; the rest are the broker's defaults. */
const dynamicTopicConfig = 1;
const operations = { set: 0, delete: 1 } as const;

/** By topic the settings in effect. A topic that was just created may take two seconds to show. */
export async function topicConfigs(
  cluster: Cluster,
  names: readonly string[],
): Promise<Map<string, EffectiveConfigs>> {
  if (names.length === 0) return new Map();
  const resources = names.map((name) => ({
    resourceType: topicResource,
    resourceName: name,
    configurationKeys: null,
  }));
  const results = await cluster.retry(
    'Reading settings of topics',
    async () => {
      const answer = await cluster.any((broker) => broker.send(describeConfigsApi, { resources }));
      for (const { errorCode, resourceName } of answer.results) assertOk(errorCode, resourceName);
      return answer.results;
    },
    { alsoPassing: forSome(2000, isUnknownTopic) },
  );
  return new Map(
    results.map(({ resourceName, configs }) => [
      resourceName,
      Object.fromEntries(
        configs.map(({ name, value, configSource }) => [
          name,
          { value: value ?? '', isDefault: configSource !== dynamicTopicConfig },
        ]),
      ),
    ]),
  );
}

/** Those that somebody has set for the topic. */
export function setValues(configs: EffectiveConfigs): Record<string, string> {
  const set = Object.entries(configs).filter(([, { isDefault }]) => !isDefault);
  return Object.fromEntries(set.map(([name, { value }]) => [name, value]));
}

export async function alterTopicConfigs(
  cluster: Cluster,
  alterations: readonly TopicAlteration[],
): Promise<void> {
  if (alterations.length === 0) return;
  const resources = alterations.map(({ name, configs }) => ({
    resourceType: topicResource,
    resourceName: name,
    configs: Object.entries(configs).map(([key, value]) => ({
      name: key,
      configOperation: value === null ? operations.delete : operations.set,
      value,
    })),
  }));
  await cluster.retry('Changing settings of topics', async () => {
    const { responses } = await cluster.any((broker) =>
      broker.send(incrementalAlterConfigsApi, { resources, validateOnly: false }),
    );
    for (const { resourceName, errorCode, errorMessage } of responses) {
      assertOk(errorCode, [resourceName, errorMessage].filter(Boolean).join(': '));
    }
  });
}

/** An error that passes, but not for ever: a topic may be gone for good. */
function forSome(ms: number, passes: (error: unknown) => boolean): (error: unknown) => boolean {
  const deadline = performance.now() + ms;
  return (error) => performance.now() < deadline && passes(error);
}

function isUnknownTopic(error: unknown): boolean {
  return errorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
}
