import { setTimeout as sleep } from 'node:timers/promises';
import { type GroupMember, isLogError, type TopicPartition } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import { StreamsError } from '../errors.ts';
import { expandPatterns, hasPatterns } from '../topology/expand-patterns.ts';
import type { SubTopology } from '../topology/sub-topologies.ts';
import type { Topology } from '../topology/topology.ts';
import { type AppMetrics, addMetrics } from './app-metrics.ts';
import { type AppState, AppStateMachine } from './app-state.ts';
import { decodeGroup, encodeMember, type StreamsMetadata } from './assign/streams-metadata.ts';
import { TaskLayout, taskAssignor } from './assign/task-assignor.ts';
import { type ResolvedConfig, resolveConfig, type StreamsConfig } from './config.ts';
import { GlobalTables } from './global-tables.ts';
import { type KeyQuery, type KeyQueryMetadata, locateKey } from './key-query-metadata.ts';
import { PollLoop } from './poll-loop.ts';
import { RepartitionPurge } from './repartition-purge.ts';
import { taskName } from './task/task-id.ts';
import { Standbys, tasksWithStandbys } from './standbys.ts';
import { TaskCommitter } from './task-committer.ts';
import { TaskRegistry } from './task-registry.ts';
import { setUpTopics } from './topic-setup.ts';

const restartDelayMs = 100;
const startsOver: ReadonlySet<string> = new Set(['LOG_FENCED', 'LOG_OFFSET_OUT_OF_RANGE']);

/** One life of an instance in its group: from joining to leaving. */
interface Session {
  readonly topology: Topology;
  readonly layout: TaskLayout;
  readonly member: GroupMember;
  readonly tasks: TaskRegistry;
  readonly standbys: Standbys;
  readonly committer: TaskCommitter;
  readonly globals: GlobalTables | undefined;
  readonly loop: PollLoop;
}

/**
 * Runs a topology. Instances with the same application id on one log share its tasks; when one stops, the others take
 * its tasks over where they were committed.
 */
export class StreamsApp {
  readonly #topology: Topology;
  readonly #config: ResolvedConfig;
  readonly #state = new AppStateMachine();
  #session: Session | undefined;
  #running: Promise<void> | undefined;
  #stopping = false;
  /** It was closed before it could finish. */
  #abandoned = false;
  #failure: unknown;
  #instances: readonly StreamsMetadata[] = [];
  #past: AppMetrics = { processedRecords: 0, droppedRecords: 0, lateRecords: 0 };

  /** @throws ConfigError naming each wrong option */
  constructor(topology: Topology, config: StreamsConfig) {
    this.#topology = topology;
    this.#config = resolveConfig(config);
  }

  /** The present state, then every change; completes when the app is closed. */
  get state$(): Observable<AppState> {
    return this.#state.state$;
  }

  get state(): AppState {
    return this.#state.current;
  }

  /** Why the app is in state `error`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Counts since this app was started. */
  get metrics(): AppMetrics {
    return addMetrics(this.#past, this.#session?.tasks.tasks ?? []);
  }

  /** The tasks this instance works on now, e.g. `0_3`. */
  get taskIds(): readonly string[] {
    return (this.#session?.tasks.tasks ?? []).map((task) => task.name);
  }

  /** The tasks of others whose stores this instance keeps copies of. */
  get standbyTaskIds(): readonly string[] {
    return this.#session?.standbys.taskIds ?? [];
  }

  /** All instances of the app, this one among them, as the group last agreed; none before it has. */
  metadataForAllStreamsClients(): readonly StreamsMetadata[] {
    return this.#session === undefined ? [] : this.#instances;
  }

  /**
   * Which instance has the row of a key in a store; undefined while nobody does. It may have moved on by the time it is asked.
   * @throws TopologyError `TOPOLOGY_STORE_MISSING`
   */
  queryMetadataForKey<K>(query: KeyQuery<K>): KeyQueryMetadata | undefined {
    if (this.#session === undefined) return undefined;
    const { topology, layout } = this.#session;
    return locateKey(query, topology.subTopologies, layout, this.#instances);
  }

  /**
   * Checks topics, creates those of the topology's own, joins the group and starts to work in the background.
   * @throws TopologyError when topics do not fit; StreamsError `APP_STATE` when it was started before
   */
  async start(): Promise<void> {
    if (this.#state.current !== 'created') {
      throw new StreamsError(
        'APP_STATE',
        `This app is ${this.#state.current}; an app starts once: make a new one`,
      );
    }
    this.#state.to('rebalancing');
    try {
      this.#session = await this.#join();
    } catch (error) {
      this.#failure = error;
      this.#state.to('error');
      throw error;
    }
    const watching = new AbortController();
    if (hasPatterns(this.#topology)) void this.#watchTopics(watching.signal);
    this.#running = this.#run().finally(() => watching.abort());
  }

  async #join(): Promise<Session> {
    const config = this.#config;
    const { log, applicationId } = config;
    const topology = await this.#expanded();
    const { topics, directory } = await setUpTopics(topology, config);
    const layout = new TaskLayout(topology, topics);
    const globals = await GlobalTables.open(topology, log);
    const globalStores = globals?.stores ?? new Map();
    const tasks = new TaskRegistry({ topology, config, layout, directory, globalStores });
    const repartitionTopics = new Set([...topology.repartitionTopics.keys()].map(topics.realName));
    const intervalMs = config.repartitionPurgeIntervalMs;
    const purge = new RepartitionPurge({ log, topics: repartitionTopics, intervalMs });
    const committer = new TaskCommitter(config, (offsets) => purge.committed(offsets));
    const standbys = await Standbys.open(topology, config, layout);
    const joining = log.join({
      group: applicationId,
      topics: [
        ...new Set(layout.taskNames.flatMap((task) => layout.partitionsOf(task).map(({ topic }) => topic))),
      ],
      assignor: taskAssignor({
        layout,
        standbyTasks: tasksWithStandbys(topology, layout),
        standbyReplicas: config.numStandbyReplicas,
      }),
      maxPollIntervalMs: config.maxPollIntervalMs,
      // Anew whenever the group changes.
      get userData() {
        return encodeMember({ host: config.applicationServer, standbyTasks: standbys.warm });
      },
      onTold: (userData) => {
        const { instances, you } = decodeGroup(userData);
        this.#instances = instances;
        standbys.want(instances[you]?.standbyTasks ?? []);
      },
      onAssigned: async (partitions) => {
        this.#rebalancing();
        const names = layout.tasksOf(partitions).map(taskName);
        await standbys.release(names);
        await committer.fence(names);
        await tasks.open(partitions, member);
        for (const task of tasks.of(partitions)) await committer.prepare(task);
      },
      onRevoked: async (partitions) => {
        this.#rebalancing();
        await this.#giveUp(tasks, committer, member, partitions);
      },
      onLost: async (partitions) => {
        this.#rebalancing();
        const lost = tasks.of(partitions);
        this.#remember(lost);
        await committer.settle(lost);
        await tasks.closeDirty(lost);
      },
    });
    const member: GroupMember = await joining.catch(async (error: unknown) => {
      await standbys.close();
      throw error;
    });
    const isActive = (name: string): boolean => tasks.has(name);
    const onRound = (): void => {
      standbys.settle(isActive);
      if (!this.#stopping) this.#state.to('running');
    };
    const loop = new PollLoop({ config, member, tasks, committer, purge, globals, onRound });
    return { topology, layout, member, tasks, standbys, committer, globals, loop };
  }

  /** The topology with the topics that its patterns match at present. */
  async #expanded(): Promise<Topology> {
    if (!hasPatterns(this.#topology)) return this.#topology;
    const names = [...(await this.#config.log.admin.topics()).keys()];
    return expandPatterns(this.#topology, names);
  }

  /** Starts over where patterns match other topics than they did; what is under way is committed first. */
  async #watchTopics(stop: AbortSignal): Promise<void> {
    const { topicRefreshMs } = this.#config;
    const read = (topology: Topology): string => JSON.stringify(topology.subTopologies.map(topicsOf));
    for (;;) {
      await sleep(topicRefreshMs, undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return;
      const session = this.#session;
      if (session === undefined || read(await this.#expanded()) === read(session.topology)) continue;
      session.loop.stop();
    }
  }

  #rebalancing(): void {
    if (!this.#stopping) this.#state.to('rebalancing');
  }

  async #giveUp(
    tasks: TaskRegistry,
    committer: TaskCommitter,
    member: GroupMember,
    partitions: readonly TopicPartition[],
  ): Promise<void> {
    const going = tasks.of(partitions);
    for (const task of going) {
      if (task.needsCommit || committer.isCommitting(task)) await committer.commit(task, member);
    }
    this.#remember(going);
    await tasks.closeClean(going, (task, store) => committer.flush(task, store));
  }

  #remember(tasks: TaskRegistry['tasks']): void {
    this.#past = addMetrics(this.#past, tasks);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#session!.loop.run();
        if (this.#stopping) return;
        await this.#leave();
      } catch (error) {
        if (this.#abandoned) return;
        await this.#abandon(this.#session!);
        this.#session = undefined;
        if (!this.#mayRestart(error)) return this.#fail(error);
      }
      this.#rebalancing();
      await sleep(restartDelayMs);
      if (!(await this.#joinAgain())) return;
    }
  }

  async #joinAgain(): Promise<boolean> {
    while (!this.#stopping) {
      try {
        this.#session = await this.#join();
        return true;
      } catch (error) {
        if (!this.#mayRestart(error)) {
          this.#fail(error);
          return false;
        }
        await sleep(restartDelayMs);
      }
    }
    return false;
  }

  /**
   * A fenced instance has only lost its tasks, and may ask for new ones; a log that did not answer in time may answer again;
   * what is no longer in the log is seen to when tasks are opened. Anything else is for the handler.
   */
  #mayRestart(error: unknown): boolean {
    if (isLogError(error) && (error.retriable || startsOver.has(error.code))) return true;
    try {
      return this.#config.uncaughtExceptionHandler(error) === 'restart';
    } catch (handlerError) {
      this.#failure = handlerError;
      return false;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    if (!this.#stopping) this.#state.to('error');
  }

  /** Leaves the group at once; nothing uncommitted is kept. */
  async #abandon({ member, tasks, standbys, committer, globals }: Session): Promise<void> {
    this.#remember(tasks.tasks);
    // Calls that are under way are aborted, so that no commit waits for them.
    for (const task of tasks.tasks) task.close();
    await committer.close();
    await Promise.allSettled([tasks.closeDirty(tasks.tasks), standbys.close()]);
    await globals?.close();
    await member.close();
  }

  /**
   * Commits, writes stores to disk, leaves the group. After `timeoutMs` (default 10 seconds) it leaves without what is
   * still under way, which others take up from the last commit. Rejects with what a failed app failed with.
   */
  async close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#state.current === 'closed') return;
    this.#stopping = true;
    this.#session?.loop.stop();
    const finished = this.#finish();
    const late = new AbortController();
    const timeout = sleep(timeoutMs, 'late', { signal: late.signal }).catch(() => 'done');
    const outcome = await Promise.race([finished.then(() => 'done'), timeout]);
    late.abort();
    const unfinished = this.#session;
    this.#session = undefined;
    if (outcome === 'late' && unfinished !== undefined) {
      this.#abandoned = true;
      await this.#abandon(unfinished);
    }
    this.#state.to('closed');
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #finish(): Promise<void> {
    try {
      await this.#running;
      // Only now: an app that was starting over may have joined again meanwhile.
      if (this.#session !== undefined) await this.#leave();
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Leaves the group; everything is committed. */
  async #leave(): Promise<void> {
    const { tasks, standbys, committer, globals, member } = this.#session!;
    this.#remember(tasks.tasks);
    await tasks.closeClean(tasks.tasks, (task, store) => committer.flush(task, store));
    await standbys.close();
    await committer.close();
    await globals?.close();
    await member.close();
  }
}

function topicsOf({ sources }: SubTopology): string[] {
  return sources.flatMap(({ topics }) => topics.map(({ name }) => name));
}
