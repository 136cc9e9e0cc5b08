import {
  type Assignor,
  type AssignorMember,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import type { ResolvedTopics } from '../../topology/built/internal-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import { type TaskId, taskName } from '../task/task-id.ts';
import { standbyAssignment } from './standby-assignment.ts';
import { caughtUpTasks } from './caught-up.ts';
import { stickyAssignment } from './sticky-assignment.ts';
import { decodeMember, encodeGroupData } from './streams-metadata.ts';
import { commonFingerprint } from './topology-fingerprint.ts';
import { planWarmUps, type WarmUpPlan } from './warm-up.ts';

/** Which task reads which partitions. */
export class TaskLayout {
  readonly #partitions = new Map<string, TopicPartition[]>();
  readonly #tasks = new Map<string, TaskId>();
  readonly #counts: ReadonlyMap<number, number>;

  constructor(topology: Topology, topics: ResolvedTopics) {
    this.#counts = topics.tasks;
    for (const subTopology of topology.subTopologies) {
      for (let partition = 0; partition < (topics.tasks.get(subTopology.id) ?? 0); partition++) {
        const id: TaskId = { subTopology: subTopology.id, partition };
        const read = subTopology.sources
          .flatMap((source) => source.topics.map(({ name }) => topics.realName(name)))
          .filter((name) => partition < (topics.partitions.get(name) ?? 0))
          .map((topic) => ({ topic, partition }));
        this.#partitions.set(taskName(id), read);
        for (const one of read) this.#tasks.set(topicPartitionKey(one.topic, partition), id);
      }
    }
  }

  taskNamed(name: string): TaskId | undefined {
    const [first] = this.#partitions.get(name) ?? [];
    return first === undefined ? undefined : this.taskOf(first);
  }

  /** How many tasks a sub-topology has. */
  taskCount(subTopology: number): number {
    return this.#counts.get(subTopology) ?? 0;
  }

  get taskNames(): readonly string[] {
    return [...this.#partitions.keys()];
  }

  partitionsOf(task: string): readonly TopicPartition[] {
    return this.#partitions.get(task) ?? [];
  }

  taskOf({ topic, partition }: TopicPartition): TaskId | undefined {
    return this.#tasks.get(topicPartitionKey(topic, partition));
  }

  /** The tasks that these partitions belong to, each once. */
  tasksOf(partitions: readonly TopicPartition[]): TaskId[] {
    const found = new Map<string, TaskId>();
    for (const partition of partitions) {
      const id = this.taskOf(partition);
      if (id !== undefined) found.set(taskName(id), id);
    }
    return [...found.values()];
  }
}

export interface TaskAssignorOptions {
  readonly layout: TaskLayout;
  /** Of the topology that the layout is one of. */
  readonly fingerprint: string;
  /** The tasks that have stores worth copying, and how many copies each is to have. */
  readonly standbyTasks: readonly string[];
  readonly standbyReplicas: number;
  /** So many changelog records are restored without a warm-up. */
  readonly acceptableRecoveryLag: number;
  readonly maxWarmupReplicas: number;
}

/**
 * Assigns whole tasks, all partitions of one to the same instance, and tells every instance who has which. A
 * stateful task waits where it is until its new instance has caught up.
 */
export function taskAssignor(options: TaskAssignorOptions): Assignor {
  const { layout, fingerprint } = options;
  return {
    name: 'millrace-sticky',
    assign(members) {
      const common = commonFingerprint(members);
      // This leader is the odd one out: it cannot assign tasks of a topology that it does not have.
      if (common !== undefined && common !== fingerprint) {
        return new Map(members.map(({ id, owned }) => [id, owned]));
      }
      const { tasks } = planTasks(members, options);
      return new Map([...tasks].map(([id, own]) => [id, own.flatMap((task) => layout.partitionsOf(task))]));
    },
    userData(members, assignment) {
      const known = members.map(({ id, userData }) => ({
        id,
        ...decodeMember(userData),
        tasks: layout.tasksOf(assignment.get(id) ?? []).map(taskName),
      }));
      const topology = commonFingerprint(members);
      const { warmUps } = planTasks(members, options);
      const copies = standbyAssignment(
        options.standbyTasks,
        known.map(({ state, ...member }) => ({ ...member, onDisk: Object.keys(state?.lags ?? {}) })),
        options.standbyReplicas,
      );
      const warming = (id: string): readonly string[] => warmUps.get(id) ?? [];
      const instances = known.map(({ id, host, tasks }) => ({
        host,
        tasks,
        standbyTasks: [...new Set([...(copies.get(id) ?? []), ...warming(id)])],
      }));
      return new Map(
        known.map(({ id }, you) => [id, encodeGroupData({ instances, you, topology, warmUps: warming(id) })]),
      );
    },
  };
}

/** Who works on what, by the members that run this topology; others would not know its tasks. */
function planTasks(
  all: readonly AssignorMember[],
  {
    layout,
    fingerprint,
    standbyTasks: stateful,
    acceptableRecoveryLag,
    maxWarmupReplicas,
  }: TaskAssignorOptions,
): WarmUpPlan {
  const members = all
    .map(({ id, owned, userData }) => ({
      id,
      tasks: layout.tasksOf(owned).map(taskName),
      data: decodeMember(userData),
    }))
    .filter(({ data }) => (data.topology ?? fingerprint) === fingerprint);
  const caughtUp = caughtUpTasks(stateful, members, acceptableRecoveryLag);
  const target = stickyAssignment(
    layout.taskNames,
    members.map(({ id, tasks }) => ({ id, tasks, caughtUp: [...caughtUp.get(id)!] })),
  );
  return planWarmUps({
    target,
    owned: new Map(members.map(({ id, tasks }) => [id, tasks])),
    stateful: new Set(stateful),
    caughtUp,
    maxWarmUps: maxWarmupReplicas,
  });
}
