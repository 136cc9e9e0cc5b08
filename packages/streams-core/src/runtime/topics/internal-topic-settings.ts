import type { CreateTopic, TopicInfo } from '@millrace/log-client';
import { TopologyError } from '../../errors.ts';

type Configs = Readonly<Record<string, string>>;

/** What a topic is like where nothing else was set. */
const defaultPolicy = 'delete';

function policies(configs: Configs): readonly string[] {
  return (configs['cleanup.policy'] ?? defaultPolicy).split(',').map((policy) => policy.trim());
}

/** Milliseconds; endless where nothing is deleted for its age. */
export function retentionOf(configs: Configs): number {
  const ms = Number(configs['retention.ms'] ?? '-1');
  return ms < 0 || !policies(configs).includes('delete') ? Number.POSITIVE_INFINITY : ms;
}

/** Why a topic that exists would lose what the application needs; undefined where it would not. */
function difference(found: Configs, wanted: Configs): string | undefined {
  const has = (configs: Configs, policy: string): boolean => policies(configs).includes(policy);
  const policy = wanted['cleanup.policy'] ?? defaultPolicy;
  if (has(found, 'compact') !== has(wanted, 'compact')) {
    return `cleanup.policy is ${found['cleanup.policy'] ?? defaultPolicy}, not ${policy}`;
  }
  if (retentionOf(found) < retentionOf(wanted)) {
    const ms = wanted['retention.ms'] ?? '-1';
    return `retention.ms is ${found['retention.ms']}, less than ${ms === '-1' ? 'for ever' : ms}`;
  }
  return undefined;
}

/**
 * Checks the application's own topics, which may have been created by someone else, or by an earlier version.
 * @throws TopologyError `TOPOLOGY_TOPIC_SETTINGS` naming the topic, the setting and what to do
 */
export function assertSettings(wanted: readonly CreateTopic[], found: ReadonlyMap<string, TopicInfo>): void {
  for (const { name, configs = {} } of wanted) {
    const info = found.get(name);
    const problem = info === undefined ? undefined : difference(info.configs, configs);
    if (problem === undefined) continue;
    throw new TopologyError(
      'TOPOLOGY_TOPIC_SETTINGS',
      `The application's own topic "${name}" would lose records: ${problem}. Change that setting of the topic, or delete the topic while the application is stopped`,
    );
  }
}
