import type { GroupMember, LogClient, TopicPartition } from '@millrace/log-client';
import type { StateStore } from '@millrace/state-stores';
import type { Topology } from '../topology/topology.ts';
import type { TaskLayout } from './assign/task-assignor.ts';
import type { ResolvedConfig } from './config.ts';
import { type CacheBudget, cacheBudget } from './task/change-cache.ts';
import { openStores } from './task/open-stores.ts';
import { Task } from './task/task.ts';
import { resetOffset } from './task/reset-offset.ts';
import { TaskClock } from './task/task-clock.ts';
import { type TaskId, taskName } from './task/task-id.ts';
import type { TaskInput } from './task/task-inputs.ts';
import type { TopicDirectory } from './task/topic-directory.ts';

export interface TaskRegistryOptions {
  readonly topology: Topology;
  readonly config: ResolvedConfig;
  readonly layout: TaskLayout;
  readonly directory: TopicDirectory;
  readonly globalStores: ReadonlyMap<string, StateStore>;
}

/** The tasks of one instance: opened when they are assigned, closed when they go. */
export class TaskRegistry {
  readonly #options: TaskRegistryOptions;
  readonly #tasks = new Map<string, Task>();

  readonly #cacheBudget: CacheBudget | undefined;

  constructor(options: TaskRegistryOptions) {
    this.#options = options;
    this.#cacheBudget = cacheBudget(options.config.cacheMaxBytes);
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  has(name: string): boolean {
    return this.#tasks.has(name);
  }

  find(partition: TopicPartition): Task | undefined {
    const id = this.#options.layout.taskOf(partition);
    return id === undefined ? undefined : this.#tasks.get(taskName(id));
  }

  of(partitions: readonly TopicPartition[]): Task[] {
    return this.#options.layout.tasksOf(partitions).flatMap((id) => this.#tasks.get(taskName(id)) ?? []);
  }

  /** Opens and restores the tasks that these partitions belong to, and lets the member read on where they were left. */
  async open(partitions: readonly TopicPartition[], member: GroupMember): Promise<void> {
    for (const id of this.#options.layout.tasksOf(partitions)) {
      const task = await this.#openTask(id, member);
      this.#tasks.set(task.name, task);
      for (const { topic, partition, offset } of task.positions) {
        member.seek({ topic, partition }, offset);
        member.resume({ topic, partition });
      }
    }
  }

  async #openTask(id: TaskId, member: GroupMember): Promise<Task> {
    const { topology, config, directory, globalStores } = this.#options;
    const { log, applicationId, stateDir, stateRestoreListener: listener } = config;
    const part = topology.subTopologies.find((one) => one.id === id.subTopology)!;
    const clock = new TaskClock(id.partition);
    const inputs = await this.#inputs(id, log, applicationId);
    const stores = await openStores({
      id,
      part,
      applicationId,
      stateDir,
      log,
      clock,
      listener,
      realName: (topic) => directory.realName(topic),
      inputs,
    });
    try {
      return new Task({
        id,
        applicationId,
        topology,
        part,
        inputs,
        stores,
        globalStores,
        clock,
        directory,
        lagOf: (topic, partition) => member.lag({ topic, partition }),
        onDeserializationError: config.deserializationExceptionHandler,
        onProcessingError: config.processingExceptionHandler,
        onProductionError: config.productionExceptionHandler,
        cacheBudget: this.#cacheBudget,
        emitIntervalMs: config.emitIntervalMs,
        now: Date.now,
      });
    } catch (error) {
      for (const store of stores.values()) await store.close();
      throw error;
    }
  }

  async #inputs(id: TaskId, log: LogClient, group: string): Promise<TaskInput[]> {
    const { layout, topology, directory } = this.#options;
    const partitions = layout.partitionsOf(taskName(id));
    const committed = await log.admin.committed(group, partitions);
    const sources = new Map(
      topology.subTopologies.flatMap((part) =>
        part.sources.flatMap((source) =>
          source.topics.map(({ name }) => [directory.realName(name), { name, source }] as const),
        ),
      ),
    );
    const ranges = await log.admin.offsets(partitions);
    const inputs: TaskInput[] = [];
    for (const [index, partition] of partitions.entries()) {
      const { name, source } = sources.get(partition.topic)!;
      const range = ranges[index]!;
      const known = committed[index];
      const isThere = known !== undefined && known.offset >= range.start && known.offset <= range.end;
      if (isThere) {
        inputs.push({ topic: name, committed: known, startOffset: known.offset });
        continue;
      }
      const offset = await resetOffset(log, { source, partition, range, committed: known?.offset });
      if (known === undefined) {
        inputs.push({ topic: name, committed: undefined, startOffset: offset });
        continue;
      }
      this.#options.config.offsetResetListener({ ...partition, committed: known.offset, offset });
      inputs.push({ topic: name, committed: { ...known, offset }, startOffset: offset });
    }
    return inputs;
  }

  /** Closes tasks whose work is committed: their stores are written to disk first. */
  async closeClean(
    tasks: readonly Task[],
    checkpoint: (task: Task, store: StateStore) => Promise<void>,
  ): Promise<void> {
    for (const task of tasks) {
      this.#tasks.delete(task.name);
      task.close();
      for (const store of task.stores.all.values()) {
        await checkpoint(task, store);
        await store.close();
      }
    }
  }

  /** Drops tasks as they are: what they had not committed never happened, what is not on disk is in the changelog. */
  async closeDirty(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) {
      this.#tasks.delete(task.name);
      task.close();
      for (const store of task.stores.all.values()) await store.close();
    }
  }
}
