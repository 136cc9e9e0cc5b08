import path from 'node:path';
import type { GroupMember, LogClient, TopicPartition } from '@millrace/log-client';
import type { Checkpoint } from '@millrace/state-stores/runtime';
import { realNames } from '../../topology/built/internal-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { TaskLayout } from '../assign/task-assignor.ts';
import type { TaskCommitter } from '../commit/task-committer.ts';
import type { ResolvedConfig } from '../config.ts';
import type { GlobalTables } from '../stores/global-tables.ts';
import { StandbyTasks } from '../stores/standby-tasks.ts';
import { StateCleaner } from '../stores/state-cleaner.ts';
import { type StateOnDisk, stateOnDisk } from '../stores/state-on-disk.ts';
import { ownLag } from '../takeover/fork-lag.ts';
import { DrainLimit, type InputLimit } from '../takeover/input-limit.ts';
import { type InstanceRole, instanceRole } from '../takeover/instance-role.ts';
import type { InstanceOptions } from './instance-options.ts';
import type { Task } from '../task/task.ts';
import { joinGroup, type MemberParts } from './join-group.ts';
import { PollLoop } from './poll-loop.ts';
import { prepare } from './prepare.ts';
import type { TaskRegistry } from './task-registry.ts';

interface Parts extends MemberParts {
  readonly cleaner: StateCleaner | undefined;
  /** The topics that the app both writes and reads, by real name. */
  readonly ownTopics: readonly string[];
}

/** One life of an app in its group: from joining to leaving. What failed starts over as a new one. */
export class Instance {
  /** The topology with the topics that its patterns match. */
  readonly topology: Topology;
  readonly layout: TaskLayout;
  readonly tasks: TaskRegistry;
  readonly standbys: StandbyTasks;
  /** The input topics as they were found, for noticing that they have changed. */
  readonly inputs: string;
  readonly globals: GlobalTables | undefined;
  readonly #committer: TaskCommitter;
  readonly #cleaner: StateCleaner | undefined;
  readonly #onDisk: StateOnDisk | undefined;
  readonly #member: GroupMember;
  readonly #loop: PollLoop;
  readonly #log: LogClient;
  readonly #group: string;
  readonly #ownTopics: readonly string[];

  private constructor(parts: Parts, member: GroupMember, loop: PollLoop, config: ResolvedConfig) {
    this.topology = parts.topology;
    this.layout = parts.layout;
    this.inputs = parts.inputs;
    this.tasks = parts.tasks;
    this.standbys = parts.standbys;
    this.globals = parts.globals;
    this.#committer = parts.committer;
    this.#cleaner = parts.cleaner;
    this.#onDisk = parts.onDisk;
    this.#member = member;
    this.#loop = loop;
    this.#log = config.log;
    this.#group = config.applicationId;
    this.#ownTopics = parts.ownTopics;
  }

  /**
   * Checks topics, creates internal ones, reads global tables and joins the group. Leaves nothing behind
   * where that fails.
   */
  static async join(options: InstanceOptions): Promise<Instance> {
    const { recorder, isPaused } = options;
    const role = await instanceRole(options.topology, options.config);
    const config = { ...options.config, log: role.log };
    const { purge, ...prepared } = await prepare({ ...options, config });
    const { topology, layout, tasks, committer, globals } = prepared;
    let standbys: StandbyTasks | undefined;
    let onDisk: StateOnDisk | undefined;
    try {
      standbys = await StandbyTasks.open(topology, config, layout, (task, store) =>
        onDisk?.left(task, store),
      );
      const isOpen = (task: string): boolean => tasks.claims(task) || standbys!.has(task);
      const checkpointOf = (task: string, store: string): Checkpoint | undefined =>
        (tasks.get(task)?.stores.all.get(store) ?? standbys!.copy(task, store)?.store)?.checkpoint;
      const endOf = (task: string, name: string): number | undefined => {
        const store = tasks.get(task)?.stores.all.get(name);
        return store && committer.positionOf(store)?.offset;
      };
      onDisk = await stateOnDisk(topology, layout, config, { isOpen, checkpointOf, endOf });
      const cleaner = stateCleaner(topology, config, isOpen);
      const ownTopics = [...topology.repartitionTopics.keys()].map(realNames(topology, config.applicationId));
      const parts = { ...prepared, standbys, onDisk, cleaner, ownTopics };
      const limits = [...(await role.limits(allPartitions(layout))), drainLimit(options, ownTopics)];
      const member = await joinGroup(parts, { ...options, config }, limits);
      await confirmed(role, member);
      const onRound = (): void => {
        parts.standbys.reconcile((name) => tasks.has(name));
        if (parts.standbys.takeWarmedUp()) member.rejoin();
        options.onRound();
      };
      const working = { config, member, tasks, committer, purge, globals, recorder, isPaused, onRound };
      cleaner?.start();
      return new Instance(parts, member, new PollLoop(working), config);
    } catch (error) {
      await Promise.allSettled([standbys?.close(), onDisk?.close(), globals?.close()]);
      throw error;
    }
  }

  /** How many records of a partition are still to be fetched; undefined where that is not known. */
  lagOf(topic: string, partition: number): number | undefined {
    return this.#member.lag({ topic, partition });
  }

  /** Records that are still to be fetched or processed, and calls under way, of all its tasks. */
  get lag(): number {
    let lag = 0;
    for (const task of this.tasks.tasks) {
      if (task.hasCalls) lag++;
      for (const { topic, partition, waiting } of task.inputs)
        lag += waiting + (this.lagOf(topic, partition) ?? 0);
    }
    return lag;
  }

  /**
   * Whether it has processed and committed all that it may read, and all instances what is in the app's own
   * topics.
   */
  async isDrained(): Promise<boolean> {
    const isBusy = (task: Task): boolean => task.needsCommit || this.#committer.isCommitting(task);
    if (this.lag > 0 || this.tasks.tasks.some(isBusy)) return false;
    return (await ownLag(this.#log, this.#group, this.#ownTopics)).length === 0;
  }

  /** Works until it is stopped. */
  run(): Promise<void> {
    return this.#loop.run();
  }

  /** It stops after the round under way, with everything committed. */
  stop(): void {
    this.#loop.stop();
  }

  /** Writes stores to disk and leaves the group; everything is committed. */
  async leave(): Promise<void> {
    const { tasks } = this.tasks;
    try {
      await this.tasks.closeClean(tasks, (task, store) => this.#committer.flush(task, store));
    } finally {
      await this.#close();
    }
  }

  /** Leaves the group at once; nothing uncommitted is kept. */
  async abandon(): Promise<void> {
    const { tasks } = this.tasks;
    // Calls that are under way are aborted, so that no commit waits for them.
    for (const task of tasks) task.close();
    await this.#committer.close();
    await Promise.allSettled([this.tasks.closeDirty(tasks), this.standbys.close()]);
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#cleaner?.close();
    await this.#onDisk?.close();
    await this.standbys.close();
    await this.#committer.close();
    await this.globals?.close();
    await this.#member.close();
  }
}

function allPartitions(layout: TaskLayout): TopicPartition[] {
  return layout.taskNames.flatMap((task) => layout.partitionsOf(task));
}

function drainLimit({ isDraining }: InstanceOptions, ownTopics: readonly string[]): InputLimit {
  const own = new Set(ownTopics);
  return new DrainLimit(isDraining, (topic) => own.has(topic));
}

async function confirmed(role: InstanceRole, member: GroupMember): Promise<void> {
  try {
    await role.confirm();
  } catch (error) {
    await member.close();
    throw error;
  }
}

function stateCleaner(
  topology: Topology,
  { stateDir, applicationId, stateCleanupDelayMs: delayMs, logger }: ResolvedConfig,
  isHere: (task: string) => boolean,
): StateCleaner | undefined {
  if (stateDir === undefined || delayMs === Number.POSITIVE_INFINITY) return undefined;
  return new StateCleaner({ dir: path.join(stateDir, applicationId), topology, delayMs, isHere, logger });
}
