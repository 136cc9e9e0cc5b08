import type { LogClient } from '@millrace/log-client';
import { readTopologyRecord, type TopologyRecord } from '../upgrade/topology-record.ts';

/** The internal topics of an application as it last ran. */
export interface InternalNames {
  readonly record: TopologyRecord | undefined;
  readonly changelogs: readonly string[];
  /** Those that it both writes and reads. */
  readonly repartition: readonly string[];
}

export async function internalNames(log: LogClient, applicationId: string): Promise<InternalNames> {
  const record = await readTopologyRecord(log, applicationId);
  const names = record?.internalTopics ?? [];
  const exist = await log.admin.topics(names);
  const found = names.filter((name) => exist.has(name));
  const isChangelog = (name: string): boolean => name.endsWith('-changelog');
  return {
    record,
    changelogs: found.filter(isChangelog),
    repartition: found.filter((name) => !isChangelog(name)),
  };
}

/** The name that a topic of one application has in another. */
export function renamed(topic: string, from: string, to: string): string {
  return `${to}${topic.slice(from.length)}`;
}
