import { type Assignor, type TopicPartition, topicPartitionKey } from '@millrace/log-client';
import type { ResolvedTopics } from '../../topology/internal-topics.ts';
import type { Topology } from '../../topology/topology.ts';
import { type TaskId, taskName } from '../task/task-id.ts';
import { stickyAssignment } from './sticky-assignment.ts';

/** Which task reads which partitions. */
export class TaskLayout {
  readonly #partitions = new Map<string, TopicPartition[]>();
  readonly #tasks = new Map<string, TaskId>();

  constructor(topology: Topology, topics: ResolvedTopics) {
    for (const part of topology.subTopologies) {
      for (let partition = 0; partition < (topics.tasks.get(part.id) ?? 0); partition++) {
        const id: TaskId = { subTopology: part.id, partition };
        const read = part.sources
          .flatMap((source) => source.topics.map(({ name }) => topics.realName(name)))
          .filter((name) => partition < (topics.partitions.get(name) ?? 0))
          .map((topic) => ({ topic, partition }));
        this.#partitions.set(taskName(id), read);
        for (const one of read) this.#tasks.set(topicPartitionKey(one.topic, partition), id);
      }
    }
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

/** Assigns whole tasks: all partitions that a task reads go to the same instance. */
export function taskAssignor(layout: TaskLayout): Assignor {
  return {
    name: 'millrace-sticky',
    assign(members) {
      const assigned = stickyAssignment(
        layout.taskNames,
        members.map(({ id, owned }) => ({ id, tasks: layout.tasksOf(owned).map(taskName) })),
      );
      return new Map(
        [...assigned].map(([id, tasks]) => [id, tasks.flatMap((task) => [...layout.partitionsOf(task)])]),
      );
    },
  };
}
