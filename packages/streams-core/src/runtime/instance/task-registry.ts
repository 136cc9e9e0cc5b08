import type { GroupMember, LogRecord, TopicPartition } from '@millrace/log-client';
import type { StateStore } from '@millrace/state-stores/runtime';
import type { Topology } from '../../topology/built/topology.ts';
import type { TaskLayout } from '../assign/task-assignor.ts';
import type { ResolvedConfig } from '../config.ts';
import type { Recorder } from '../metrics/recorder.ts';
import { type CacheBudget, cacheBudget } from '../task/process/change-cache.ts';
import { openInputs, type ReadPositions } from '../topics/open-inputs.ts';
import { openStores } from '../stores/open-stores.ts';
import { Task } from '../task/task.ts';
import { TaskClock } from '../task/task-clock.ts';
import { type TaskId, taskName } from '../task/task-id.ts';
import type { TopicDirectory } from '../task/topic-directory.ts';

export interface TaskRegistryOptions {
  readonly topology: Topology;
  readonly config: ResolvedConfig;
  readonly layout: TaskLayout;
  readonly directory: TopicDirectory;
  readonly globalStores: ReadonlyMap<string, StateStore>;
  /**
   * How far this app has read each partition, of which topic: what it commits is noted here, over all its
   * lives.
   */
  readonly positions: ReadPositions;
  /** Ends restoring before it is done. */
  readonly signal: AbortSignal;
  /** The stores that queries ask for. */
  readonly queried: ReadonlySet<string>;
  readonly recorder: Recorder;
}

/** The tasks of one instance: opened when they are assigned, closed when they go. */
export class TaskRegistry {
  readonly #options: TaskRegistryOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #opening = new Set<string>();

  /** Topics that the app sends to itself. */
  readonly #ownTopics: ReadonlySet<string>;
  readonly #cacheBudget: CacheBudget | undefined;

  constructor(options: TaskRegistryOptions) {
    this.#options = options;
    const { topology, directory } = options;
    this.#ownTopics = new Set([...topology.repartitionTopics.keys()].map((name) => directory.realName(name)));
    this.#cacheBudget = cacheBudget(options.config.cacheMaxBytes);
  }

  /** Bytes that changes take that wait in caches. */
  get cacheBytes(): number {
    return this.#cacheBudget?.usedBytes ?? 0;
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  /** A task by its name, e.g. `0_3`. */
  get(name: string): Task | undefined {
    return this.#tasks.get(name);
  }

  /** Whether a task is open, or is being opened. */
  claims(name: string): boolean {
    return this.#tasks.has(name) || this.#opening.has(name);
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

  /**
   * Opens and restores the tasks that these partitions belong to, and lets the member read on where they were
   * left.
   */
  async open(partitions: readonly TopicPartition[], member: GroupMember): Promise<void> {
    for (const id of this.#options.layout.tasksOf(partitions)) {
      const task = await this.#opened(id, member);
      this.#tasks.set(task.name, task);
      this.#options.recorder.tasksCreated++;
      for (const { topic, partition, offset } of task.positions) {
        member.seek({ topic, partition }, offset);
        member.resume({ topic, partition });
      }
    }
  }

  async #opened(id: TaskId, member: GroupMember): Promise<Task> {
    const name = taskName(id);
    this.#opening.add(name);
    try {
      return await this.#openTask(id, member);
    } finally {
      this.#opening.delete(name);
    }
  }

  async #openTask(id: TaskId, member: GroupMember): Promise<Task> {
    const { topology, config, directory, globalStores, positions, signal, queried, recorder } = this.#options;
    const { log, applicationId, stateDir, stateRestoreListener: listener } = config;
    const { deserializationExceptionHandler: onDeserializationError, inputListener } = config;
    const validate = config.validate === 'both';
    const subTopology = topology.subTopologies.find((one) => one.id === id.subTopology)!;
    const clock = new TaskClock(id.partition);
    const inputs = await openInputs({
      id,
      config,
      layout: this.#options.layout,
      subTopology,
      directory,
      positions,
    });
    const stores = await openStores({
      id,
      subTopology,
      applicationId,
      stateDir,
      log,
      clock,
      listener,
      realName: (topic) => directory.realName(topic),
      inputs,
      onDeserializationError,
      signal,
      validate,
      logger: config.logger,
    });
    for (const name of queried) stores.get(name)?.track();
    try {
      return new Task({
        id,
        applicationId,
        topology,
        subTopology,
        inputs,
        stores,
        globalStores,
        clock,
        directory,
        newRecordList: config.log.recordList && ((expectedBytes) => config.log.recordList!(expectedBytes)),
        lagOf: (topic, partition) => member.lag({ topic, partition }),
        onDeserializationError,
        onProcessingError: config.processingExceptionHandler,
        onProductionError: config.productionExceptionHandler,
        onDropped: config.droppedRecordHandler,
        cacheBudget: this.#cacheBudget,
        emitIntervalMs: config.emitIntervalMs,
        now: Date.now,
        monotonicNow: () => performance.now(),
        validate,
        endToEnd: recorder.isOn ? recorder.endToEnd : undefined,
        countsNodes: recorder.level === 'debug',
        tracing: config.tracing,
        onInput: inputListener && ((topic, records) => this.#received(id.partition, topic, records)),
      });
    } catch (error) {
      for (const store of stores.values()) await store.close();
      throw error;
    }
  }

  #received(partition: number, topic: string, records: readonly LogRecord[]): void {
    const { inputListener } = this.#options.config;
    if (!this.#ownTopics.has(topic)) inputListener?.({ topic, partition, records });
  }

  /** Closes tasks whose work is committed: their stores are written to disk first. */
  async closeClean(
    tasks: readonly Task[],
    checkpoint: (task: Task, store: StateStore) => Promise<void>,
  ): Promise<void> {
    for (const task of tasks) {
      this.#forget(task);
    }
    const closed = tasks.map(async (task) => {
      // A store that cannot be written must not keep the others open.
      const stores = [...task.stores.all.values()];
      const written = await Promise.allSettled(stores.map((store) => checkpoint(task, store)));
      for (const store of stores) await store.close();
      for (const one of written) if (one.status === 'rejected') throw one.reason;
    });
    for (const one of await Promise.allSettled(closed)) if (one.status === 'rejected') throw one.reason;
  }

  #forget(task: Task): void {
    if (this.#tasks.delete(task.name)) this.#options.recorder.tasksClosed++;
    task.close();
  }

  /**
   * Drops tasks as they are: what they had not committed never happened, what is not on disk is in the
   * changelog.
   */
  async closeDirty(tasks: readonly Task[]): Promise<void> {
    for (const task of tasks) {
      this.#forget(task);
      for (const store of task.stores.all.values()) await store.close();
    }
  }
}
