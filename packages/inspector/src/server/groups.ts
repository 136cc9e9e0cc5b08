import type { GroupDescription, LogClient } from '@millrace/log-client';

/** Every consumer group of a log: its members, and how far each partition is read. */
export async function groupsOf(log: LogClient): Promise<readonly GroupDescription[]> {
  const groups = await log.admin.groups();
  const described = await Promise.all(groups.map(({ group }) => log.admin.describeGroup(group)));
  return described.filter((group) => group !== undefined).toSorted((a, b) => a.group.localeCompare(b.group));
}
