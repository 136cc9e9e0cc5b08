import type { GroupMember, TopicPartition } from '@millrace/log-client';
import { TopologyError } from '../../errors.ts';
import { decodeGroupData, encodeMember } from '../assign/streams-metadata.ts';
import { taskAssignor } from '../assign/task-assignor.ts';
import { topologyFingerprint } from '../assign/topology-fingerprint.ts';
import type { StandbyTasks } from '../stores/standby-tasks.ts';
import { tasksWithStandbys } from '../stores/standby-tasks.ts';
import type { StateOnDisk } from '../stores/state-on-disk.ts';
import type { InputLimit } from '../takeover/input-limit.ts';
import { LimitedMember } from '../takeover/limited-member.ts';
import { taskName } from '../task/task-id.ts';
import type { InstanceEvents, InstanceOptions } from './instance-options.ts';
import type { Prepared } from './prepare.ts';

/** What a member of the group works with. */
export interface MemberParts extends Omit<Prepared, 'purge'> {
  readonly standbys: StandbyTasks;
  readonly onDisk: StateOnDisk | undefined;
}

/** Joins the app's group: opens tasks that are assigned, commits and closes those that are revoked. */
export async function joinGroup(
  parts: MemberParts,
  options: InstanceOptions,
  limits: readonly InputLimit[],
): Promise<GroupMember> {
  const { topology, layout, tasks, committer, standbys, onDisk } = parts;
  const { config, onRebalance, onInstances, onClosing } = options;
  const fingerprint = topologyFingerprint(topology);
  const { log, applicationId } = config;
  const joined = await log.join({
    group: applicationId,
    topics: [
      ...new Set(layout.taskNames.flatMap((task) => layout.partitionsOf(task).map(({ topic }) => topic))),
    ],
    assignor: taskAssignor({
      layout,
      fingerprint,
      standbyTasks: tasksWithStandbys(topology, layout),
      standbyReplicas: config.numStandbyReplicas,
      acceptableRecoveryLag: config.acceptableRecoveryLag,
      maxWarmupReplicas: config.maxWarmupReplicas,
    }),
    maxPollIntervalMs: config.maxPollIntervalMs,
    // Read again whenever the group changes.
    get userData() {
      const { applicationServer: host } = config;
      return encodeMember({
        host,
        standbyTasks: standbys.warm,
        topology: fingerprint,
        state: onDisk?.state,
      });
    },
    onUserData: (userData) => {
      const { instances, you, topology: common = fingerprint, warmUps } = decodeGroupData(userData);
      if (common !== fingerprint) throw mismatch(applicationId, instances.length);
      onInstances(instances, you);
      standbys.setTarget(instances[you]?.standbyTasks ?? [], warmUps);
    },
    onAssigned: async (partitions) => {
      onRebalance();
      const names = layout.tasksOf(partitions).map(taskName);
      await standbys.release(names);
      await committer.open();
      await tasks.open(partitions, member);
      for (const task of tasks.of(partitions)) await committer.prepare(task);
    },
    onRevoked: async (partitions) => {
      onRebalance();
      await giveUp(parts, partitions, member, onClosing);
      member.forget(partitions);
    },
    onLost: async (partitions) => {
      onRebalance();
      const lost = tasks.of(partitions);
      onClosing(lost);
      await committer.awaitCommits(lost);
      await tasks.closeDirty(lost);
      member.forget(partitions);
    },
  });
  // Its callbacks are called from polls.
  const member = new LimitedMember(joined, limits);
  return member;
}

function mismatch(applicationId: string, instances: number): TopologyError {
  return new TopologyError(
    'TOPOLOGY_MISMATCH',
    `This instance of "${applicationId}" runs another topology than most of its ${instances} instances: other input topics, sub-topologies or stores. It left the group, so that the others go on. Give one of the two another applicationId, or stop all instances before you start the new topology`,
  );
}

/** Commits what tasks have done, and closes them. */
async function giveUp(
  { tasks, committer, onDisk }: MemberParts,
  partitions: readonly TopicPartition[],
  member: GroupMember,
  onClosing: InstanceEvents['onClosing'],
): Promise<void> {
  const going = tasks.of(partitions);
  for (const task of going) {
    if (task.needsCommit || committer.isCommitting(task)) await committer.commit(task, member);
  }
  onClosing(going);
  await tasks.closeClean(going, async (task, store) => {
    await committer.flush(task, store);
    onDisk?.left(task.name, store);
  });
}
