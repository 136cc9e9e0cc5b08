import path from 'node:path';
import type { GroupMember, TopicPartition } from '@millrace/log-client';
import { TopologyError } from '../../errors.ts';
import { expandPatterns, hasPatterns } from '../../topology/built/expand-patterns.ts';
import type { Topology } from '../../topology/built/topology.ts';
import { decodeGroupData, encodeMember, type StreamsMetadata } from '../assign/streams-metadata.ts';
import { TaskLayout, taskAssignor } from '../assign/task-assignor.ts';
import { topologyFingerprint } from '../assign/topology-fingerprint.ts';
import type { ResolvedConfig } from '../config.ts';
import type { Recorder } from '../metrics/recorder.ts';
import { GlobalTables } from '../stores/global-tables.ts';
import { PollLoop } from './poll-loop.ts';
import { RepartitionPurge } from '../commit/repartition-purge.ts';
import { StateCleaner } from '../stores/state-cleaner.ts';
import { StandbyTasks, tasksWithStandbys } from '../stores/standby-tasks.ts';
import type { ReadPositions } from '../topics/open-inputs.ts';
import type { Task } from '../task/task.ts';
import { taskName } from '../task/task-id.ts';
import { TaskCommitter } from '../commit/task-committer.ts';
import { TaskRegistry } from './task-registry.ts';
import { inputTopics, setUpTopics } from '../topics/topic-setup.ts';

/** What an instance tells the app that it is one life of. */
export interface InstanceEvents {
  /** Tasks come or go. */
  readonly onRebalance: () => void;
  /** A round is over: all tasks are restored and at work. */
  readonly onRound: () => void;
  /** A commit stands. */
  readonly onCommit: () => void;
  /** The group has agreed on who does what; `you` is this instance's place. */
  readonly onInstances: (instances: readonly StreamsMetadata[], you: number) => void;
  /** These tasks are about to be closed. */
  readonly onClosing: (tasks: readonly Task[]) => void;
}

export interface InstanceOptions extends InstanceEvents {
  readonly topology: Topology;
  readonly config: ResolvedConfig;
  readonly positions: ReadPositions;
  /** The stores that queries ask for; more may come. */
  readonly queried: ReadonlySet<string>;
  readonly recorder: Recorder;
  readonly isPaused: (subTopology: number) => boolean;
  /** Ends joining and restoring before they are done. */
  readonly signal: AbortSignal;
}

interface Parts {
  readonly topology: Topology;
  readonly layout: TaskLayout;
  readonly inputs: string;
  readonly tasks: TaskRegistry;
  readonly committer: TaskCommitter;
  readonly standbys: StandbyTasks;
  readonly globals: GlobalTables | undefined;
  readonly cleaner: StateCleaner | undefined;
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
  readonly #member: GroupMember;
  readonly #loop: PollLoop;

  private constructor(parts: Parts, member: GroupMember, loop: PollLoop) {
    this.topology = parts.topology;
    this.layout = parts.layout;
    this.inputs = parts.inputs;
    this.tasks = parts.tasks;
    this.standbys = parts.standbys;
    this.globals = parts.globals;
    this.#committer = parts.committer;
    this.#cleaner = parts.cleaner;
    this.#member = member;
    this.#loop = loop;
  }

  /**
   * Checks topics, creates internal ones, reads global tables and joins the group. Leaves nothing behind
   * where that fails.
   */
  static async join(options: InstanceOptions): Promise<Instance> {
    const { config, positions, signal, queried, recorder } = options;
    const { log } = config;
    const topology = await expanded(options.topology, config);
    const { topics, directory, inputs } = await setUpTopics(topology, config);
    const layout = new TaskLayout(topology, topics);
    signal.throwIfAborted();
    const globals = await GlobalTables.open(topology, {
      log,
      signal,
      onDeserializationError: config.deserializationExceptionHandler,
      onProcessingError: config.processingExceptionHandler,
      logger: config.logger,
    });
    const globalStores = globals?.stores ?? new Map();
    for (const name of queried) globalStores.get(name)?.track();
    const tasks = new TaskRegistry({
      topology,
      config,
      layout,
      directory,
      globalStores,
      positions,
      signal,
      queried,
      recorder,
    });
    const repartitionTopics = new Set([...topology.repartitionTopics.keys()].map(topics.realName));
    const intervalMs = config.repartitionPurgeIntervalMs;
    const purge = new RepartitionPurge({ log, topics: repartitionTopics, intervalMs, logger: config.logger });
    const committer = new TaskCommitter(
      config,
      (offsets) => {
        positions.committed(offsets);
        purge.committed(offsets);
        options.onCommit();
      },
      directory,
    );
    let standbys: StandbyTasks | undefined;
    try {
      standbys = await StandbyTasks.open(topology, config, layout);
      const cleaner = stateCleaner(topology, config, (task) => tasks.claims(task) || standbys!.has(task));
      const parts = { topology, layout, inputs, tasks, committer, standbys, globals, cleaner };
      const member = await joinGroup(parts, options);
      const isActive = (name: string): boolean => tasks.has(name);
      const onRound = (): void => {
        parts.standbys.reconcile(isActive);
        options.onRound();
      };
      const loop = new PollLoop({
        config,
        member,
        tasks,
        committer,
        purge,
        globals,
        recorder,
        isPaused: options.isPaused,
        onRound,
      });
      cleaner?.start();
      return new Instance(parts, member, loop);
    } catch (error) {
      await Promise.allSettled([standbys?.close(), globals?.close()]);
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
    await this.standbys.close();
    await this.#committer.close();
    await this.globals?.close();
    await this.#member.close();
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

/** The topology with the topics that its patterns match at present. */
async function expanded(topology: Topology, { log }: ResolvedConfig): Promise<Topology> {
  if (!hasPatterns(topology)) return topology;
  return expandPatterns(topology, [...(await log.admin.topics()).keys()]);
}

/**
 * The input topics as they are now, as a text that changes with their ids and partition counts, and with what
 * patterns match.
 */
export async function lookAtInputs(topology: Topology, config: ResolvedConfig): Promise<string> {
  return inputTopics(await expanded(topology, config), config);
}

async function joinGroup(parts: Parts, options: InstanceOptions): Promise<GroupMember> {
  const { topology, layout, tasks, committer, standbys } = parts;
  const { config, onRebalance, onInstances, onClosing } = options;
  const fingerprint = topologyFingerprint(topology);
  const { log, applicationId } = config;
  const member: GroupMember = await log.join({
    group: applicationId,
    topics: [
      ...new Set(layout.taskNames.flatMap((task) => layout.partitionsOf(task).map(({ topic }) => topic))),
    ],
    assignor: taskAssignor({
      layout,
      fingerprint,
      standbyTasks: tasksWithStandbys(topology, layout),
      standbyReplicas: config.numStandbyReplicas,
    }),
    maxPollIntervalMs: config.maxPollIntervalMs,
    // Read again whenever the group changes.
    get userData() {
      const { applicationServer: host } = config;
      return encodeMember({ host, standbyTasks: standbys.warm, topology: fingerprint });
    },
    onUserData: (userData) => {
      const { instances, you, topology: common = fingerprint } = decodeGroupData(userData);
      if (common !== fingerprint) throw mismatch(applicationId, instances.length);
      onInstances(instances, you);
      standbys.setTarget(instances[you]?.standbyTasks ?? []);
    },
    onAssigned: async (partitions) => {
      onRebalance();
      const names = layout.tasksOf(partitions).map(taskName);
      await standbys.release(names);
      await committer.fence(names);
      await tasks.open(partitions, member);
      for (const task of tasks.of(partitions)) await committer.prepare(task);
    },
    onRevoked: async (partitions) => {
      onRebalance();
      await giveUp(parts, partitions, member, onClosing);
    },
    onLost: async (partitions) => {
      onRebalance();
      const lost = tasks.of(partitions);
      onClosing(lost);
      await committer.awaitCommits(lost);
      await tasks.closeDirty(lost);
    },
  });
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
  { tasks, committer }: Parts,
  partitions: readonly TopicPartition[],
  member: GroupMember,
  onClosing: InstanceEvents['onClosing'],
): Promise<void> {
  const going = tasks.of(partitions);
  for (const task of going) {
    if (task.needsCommit || committer.isCommitting(task)) await committer.commit(task, member);
  }
  onClosing(going);
  await tasks.closeClean(going, (task, store) => committer.flush(task, store));
}
