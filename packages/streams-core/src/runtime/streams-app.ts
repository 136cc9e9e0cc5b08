import { setTimeout as sleep } from 'node:timers/promises';
import { type GroupMember, isLogError, type TopicPartition } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import { StreamsError } from '../errors.ts';
import type { Topology } from '../topology/topology.ts';
import { type AppState, AppStateMachine } from './app-state.ts';
import { TaskLayout, taskAssignor } from './assign/task-assignor.ts';
import { type ResolvedConfig, resolveConfig, type StreamsConfig } from './config.ts';
import { GlobalTables } from './global-tables.ts';
import { PollLoop } from './poll-loop.ts';
import { TaskCommitter } from './task-committer.ts';
import { TaskRegistry } from './task-registry.ts';
import { setUpTopics } from './topic-setup.ts';

const restartDelayMs = 100;

/** One life of an instance in its group: from joining to leaving. */
interface Session {
  readonly member: GroupMember;
  readonly tasks: TaskRegistry;
  readonly committer: TaskCommitter;
  readonly globals: GlobalTables | undefined;
  readonly loop: PollLoop;
}

/** How far an instance has got. */
export interface AppMetrics {
  readonly processedRecords: number;
  /** Records left out: null keys, late ones, unreadable ones. */
  readonly droppedRecords: number;
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
  #failure: unknown;
  #past: AppMetrics = { processedRecords: 0, droppedRecords: 0 };

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
    return sum(this.#past, this.#session?.tasks.tasks ?? []);
  }

  /** The tasks this instance works on now, e.g. `0_3`. */
  get taskIds(): readonly string[] {
    return (this.#session?.tasks.tasks ?? []).map((task) => task.name);
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
    this.#running = this.#run();
  }

  async #join(): Promise<Session> {
    const config = this.#config;
    const { log, applicationId } = config;
    const { topics, directory } = await setUpTopics(
      this.#topology,
      applicationId,
      log,
      config.deadLetterTopics,
    );
    const layout = new TaskLayout(this.#topology, topics);
    const globals = await GlobalTables.open(this.#topology, log);
    const globalStores = globals?.stores ?? new Map();
    const tasks = new TaskRegistry({ topology: this.#topology, config, layout, directory, globalStores });
    const committer = new TaskCommitter(config);
    const member: GroupMember = await log.join({
      group: applicationId,
      topics: [
        ...new Set(layout.taskNames.flatMap((task) => layout.partitionsOf(task).map(({ topic }) => topic))),
      ],
      assignor: taskAssignor(layout),
      maxPollIntervalMs: config.maxPollIntervalMs,
      onAssigned: async (partitions) => {
        this.#rebalancing();
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
    const onRound = (): void => {
      if (!this.#stopping) this.#state.to('running');
    };
    const loop = new PollLoop({ config, member, tasks, committer, globals, onRound });
    return { member, tasks, committer, globals, loop };
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
    this.#past = sum(this.#past, tasks);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#session!.loop.run();
        return;
      } catch (error) {
        await this.#abandon(this.#session!);
        this.#session = undefined;
        if (!this.#mayRestart(error)) return this.#fail(error);
      }
      this.#rebalancing();
      await sleep(restartDelayMs);
      if (this.#stopping) return;
      try {
        this.#session = await this.#join();
      } catch (error) {
        return this.#fail(error);
      }
    }
  }

  /** A fenced instance has only lost its tasks, and may ask for new ones; anything else is for the handler. */
  #mayRestart(error: unknown): boolean {
    if (isLogError(error, 'LOG_FENCED')) return true;
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
  async #abandon({ member, tasks, committer, globals }: Session): Promise<void> {
    this.#remember(tasks.tasks);
    await committer.close();
    await Promise.allSettled([tasks.closeDirty(tasks.tasks)]);
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
    if (outcome === 'late' && unfinished !== undefined) await this.#abandon(unfinished);
    this.#state.to('closed');
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #finish(): Promise<void> {
    try {
      await this.#running;
      // Only now: an app that was starting over may have joined again meanwhile.
      if (this.#session === undefined) return;
      const { tasks, committer, globals, member } = this.#session;
      this.#remember(tasks.tasks);
      await tasks.closeClean(tasks.tasks, (task, store) => committer.flush(task, store));
      await committer.close();
      await globals?.close();
      await member.close();
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

function sum(past: AppMetrics, tasks: TaskRegistry['tasks']): AppMetrics {
  return {
    processedRecords: tasks.reduce((total, task) => total + task.processed, past.processedRecords),
    droppedRecords: tasks.reduce((total, task) => total + task.dropped, past.droppedRecords),
  };
}
