import type { StreamsApp } from '@millrace/streams-core';
import { type InstanceView, type Snapshot, snapshotOf } from './snapshot.ts';
import { subjectOf } from './subject.ts';
import { topicViews } from './topics.ts';

/**
 * What the log tells of an app that does not run in this process: how far its group has committed, who its
 * members are. Figures that only instances know (nodes, stores, latencies) are missing.
 */
export async function snapshotFromOutside(app: StreamsApp): Promise<Snapshot> {
  const [views, group] = await Promise.all([
    topicViews(subjectOf(app)),
    app.log.admin.describeGroup(app.applicationId),
  ]);
  const lag: Record<string, number> = {};
  let committed = 0;
  for (const { name, role, partitions } of views) {
    if (role !== 'input' && role !== 'internal') continue;
    for (const one of partitions) {
      const at = Math.max(one.start, one.committed ?? one.start);
      lag[name] = (lag[name] ?? 0) + one.end - at;
      committed += one.committed ?? 0;
    }
  }
  const { members = [], state = 'empty' } = group ?? {};
  const ready = members.length > 0 && state === 'stable';
  return {
    ...snapshotOf(app),
    isOutside: true,
    state,
    health: {
      status: ready ? 'running' : members.length > 0 ? 'starting' : 'closed',
      live: members.length > 0,
      ready,
      reasons: members.length > 0 ? [] : [`No instance is in the group "${app.applicationId}".`],
    },
    instances: members.map(
      ({ id, clientId, partitions }): InstanceView => ({
        host: clientId === '' ? id : clientId,
        tasks: partitions.map(({ topic, partition }) => `${topic}-${partition}`),
        standbyTasks: [],
      }),
    ),
    processed: committed,
    lag,
  };
}
