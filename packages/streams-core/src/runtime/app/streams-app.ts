import { setTimeout as sleep } from 'node:timers/promises';
import type { LogClient, Metric } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import type { StoreSpec } from '@millrace/state-stores';
import { StreamsError } from '../../errors.ts';
import type { Topology } from '../../topology/built/topology.ts';
import { readMetrics } from '../metrics/read-metrics.ts';
import { Recorder } from '../metrics/recorder.ts';
import { type AppMetrics, addMetrics, noMetrics } from '../metrics/app-metrics.ts';
import { type AppState, AppStateMachine } from './app-state.ts';
import { AppEvents } from './app-events.ts';
import { AppStores, type KnownGroup } from './app-stores.ts';
import type { StreamsMetadata } from '../assign/streams-metadata.ts';
import { type ResolvedConfig, resolveConfig, type StreamsConfig } from '../config.ts';
import { Done } from './done.ts';
import { type Health, judgeHealth } from './health.ts';
import { observedConfig } from './observed-config.ts';
import { Pauses } from './pauses.ts';
import { reportFailure } from './failure-report.ts';
import type { Instance } from '../instance/instance.ts';
import { InstanceLoop } from './instance-loop.ts';
import type { Task } from '../task/task.ts';
import type { StreamRecord } from '../../record/record.ts';
import type { TableHandle } from '../../record/table-handle.ts';
import { openQuery } from '../query/open-query.ts';
import type { QueryOptions } from '../query/query-options.ts';
import type { Queryable, Row, StoreReference } from '../query/queryable-store.ts';
import { rowUpdates } from '../query/row-updates.ts';
import { type TableUpdate, tableUpdates } from '../query/table-updates.ts';
import { type KeyQuery, type KeyQueryMetadata, locateKey } from '../query/key-query-metadata.ts';

/** How often a draining app looks whether it is done, in milliseconds. */
const drainLookMs = 50;

/**
 * Runs a topology. Instances with the same application id on one log share its tasks; when one stops, the
 * others take its tasks over where they were committed.
 */
export class StreamsApp {
  readonly topology: Topology;
  readonly #config: ResolvedConfig;
  readonly #state = new AppStateMachine();
  readonly #done = new Done();
  readonly #stop = new AbortController();
  readonly #loop: InstanceLoop;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failure: unknown;
  #group: KnownGroup = { instances: [], you: -1 };
  readonly #stores: AppStores;
  readonly #recorder: Recorder;
  readonly #pauses = new Pauses();
  #past: AppMetrics = noMetrics;
  #draining = false;

  /** @throws ConfigError naming each wrong option */
  constructor(topology: Topology, config: StreamsConfig) {
    const resolved = resolveConfig(config);
    this.topology = topology;
    this.#recorder = new Recorder(resolved.recordingLevel);
    const events = new AppEvents(resolved.applicationId, resolved.logger);
    this.#config = observedConfig(resolved, this.#recorder, events);
    this.#stores = new AppStores({
      topology,
      state: () => this.state,
      current: () => this.#loop.current,
      group: () => this.#group,
    });
    const entered = (state: AppState): void => {
      this.#recorder.entered(state);
      events.state(state);
      this.#stores.notify();
    };
    entered(this.state);
    this.#state.onChange(entered);
    this.#loop = new InstanceLoop({
      topology,
      config: this.#config,
      signal: this.#stop.signal,
      queried: this.#stores.queried,
      recorder: this.#recorder,
      isPaused: this.#pauses.isPaused,
      isDraining: () => this.#draining,
      events: {
        onRebalance: () => {
          if (!this.#stopping) this.#state.to('rebalancing');
        },
        onRound: () => {
          if (!this.#stopping) this.#state.to('running');
          this.#stores.notify();
        },
        onCommit: () => this.#stores.notify(),
        onInstances: (instances, you) => {
          this.#group = { instances, you };
        },
        onClosing: (tasks) => this.#remember(tasks),
      },
      onEnd: ({ tasks }) => {
        this.#remember(tasks.tasks);
        this.#recorder.forgetRestores();
      },
    });
  }

  get applicationId(): string {
    return this.#config.applicationId;
  }

  /** Where other instances reach this one, as it was configured. */
  get applicationServer(): string | undefined {
    return this.#config.applicationServer;
  }

  /** The topics that its handlers may send records to. */
  get deadLetterTopics(): readonly string[] {
    return this.#config.deadLetterTopics;
  }

  /** The log that it runs on. */
  get log(): LogClient {
    return this.#config.log;
  }

  /** The present state, then every change; completes when the app is closed. */
  get state$(): Observable<AppState> {
    return this.#state.state$;
  }

  get state(): AppState {
    return this.#state.current;
  }

  /**
   * Resolves when the app is closed, and rejects with what it failed with. End a main program with `await
   * app.done`: then a failure ends the process. Where it is never read, a failure is printed and sets
   * `process.exitCode` to 1.
   */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Why the app is in state `error`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Counts since this app was started. */
  get metrics(): AppMetrics {
    const { tasks, globals } = this.#loop.current ?? {};
    return addMetrics(this.#past, tasks?.tasks ?? [], globals?.dropped);
  }

  /**
   * How it is doing: for liveness and readiness checks. `stuckAfterMs`: without progress for so long, while
   * there is input, it is stuck. Default a minute.
   */
  health({ stuckAfterMs = 60_000 }: { readonly stuckAfterMs?: number } = {}): Health {
    return judgeHealth({
      state: this.state,
      failure: this.#failure,
      isPaused: this.isPaused,
      lag: this.#loop.current?.lag ?? 0,
      sinceProgressMs: performance.now() - this.#recorder.progressAt,
      stuckAfterMs,
      restoring: this.#recorder.restoring,
    });
  }

  /**
   * Stops processing, of one sub-topology or of all: it stays in its group, commits what was done, and its
   * stores answer. Kept over rebalances.
   */
  pause({ subTopology }: { readonly subTopology?: number } = {}): void {
    this.#pauses.pause(subTopology);
  }

  /** Goes on where it was paused. */
  resume({ subTopology }: { readonly subTopology?: number } = {}): void {
    this.#pauses.resume(subTopology);
  }

  /** Whether something of it is paused. */
  get isPaused(): boolean {
    return this.#pauses.any;
  }

  /**
   * Everything that is measured, as it is now, under Kafka Streams' names; see `metricCatalogue`. With what
   * its log measures, where that is in this process. Empty where `recordingLevel` is `off`.
   */
  readMetrics(): Metric[] {
    const { tasks, standbys } = this.#loop.current ?? {};
    return readMetrics({
      applicationId: this.#config.applicationId,
      state: this.state,
      counts: this.metrics,
      recorder: this.#recorder,
      tasks: tasks?.tasks ?? [],
      lagOf: (topic, partition) => this.#loop.current?.lagOf(topic, partition),
      copies: standbys?.copies ?? [],
      standbyTasks: this.standbyTaskIds.length,
      cacheBytes: tasks?.cacheBytes ?? 0,
      ofLog: () => this.#config.log.readMetrics?.() ?? [],
      now: Date.now(),
    });
  }

  /**
   * The last records that came to a node, to be looked at: eight of each task of this instance, the newest of
   * a task first. Empty unless `recordingLevel` is `debug`.
   */
  lastRecords(node: string): StreamRecord<unknown, unknown>[] {
    const tasks = this.#loop.current?.tasks.tasks ?? [];
    return tasks.flatMap((task) => task.metrics.meter?.lastOf(node) ?? []);
  }

  /** The tasks this instance works on now, e.g. `0_3`. */
  get taskIds(): readonly string[] {
    return (this.#loop.current?.tasks.tasks ?? []).map((task) => task.name);
  }

  /** The tasks of others whose stores this instance keeps copies of. */
  get standbyTaskIds(): readonly string[] {
    return this.#loop.current?.standbys.taskIds ?? [];
  }

  /** All instances of the app, this one among them, as the group last agreed; none before it has. */
  metadataForAllStreamsClients(): readonly StreamsMetadata[] {
    return this.#loop.current === undefined ? [] : this.#group.instances;
  }

  /**
   * Which instance has the row of a key in a store; undefined while none does. It may have moved by the
   * time it is asked.
   * @throws TopologyError `TOPOLOGY_STORE_MISSING`
   */
  queryMetadataForKey<K>(query: KeyQuery<K>): KeyQueryMetadata | undefined {
    if (this.#loop.current === undefined) return undefined;
    const { topology, layout } = this.#loop.current;
    return locateKey(query, topology.subTopologies, layout, this.#group.instances);
  }

  /**
   * A store of the running app, to be read: of what this instance's tasks have. Name it by its table, its
   * spec or its name.
   * @throws TopologyError `TOPOLOGY_STORE_MISSING`; ConfigError for wrong options
   */
  store<T extends StoreReference>(reference: T, options: QueryOptions = {}): Queryable<T> {
    return openQuery(this.#stores.partitionsOf(reference), options) as Queryable<T>;
  }

  /**
   * A table's committed rows that this instance has, and how commits change them; completes when the app is
   * closed.
   * @throws TopologyError `TOPOLOGY_STORE_MISSING`
   */
  table$<K, V>(table: TableHandle<K, V> | StoreSpec<K, V> | string): Observable<TableUpdate<K, V>> {
    return tableUpdates(this.#stores.partitionsOf(table as StoreReference)) as Observable<TableUpdate<K, V>>;
  }

  /**
   * A row's committed value, undefined where there is none, and then what it becomes; completes when the app
   * is closed, and ends with a {@link StoreUnavailableError} when the row is not here any more.
   * @throws TopologyError `TOPOLOGY_STORE_MISSING`
   */
  row$<K, V>(table: TableHandle<K, V> | StoreSpec<K, V> | string, key: K): Observable<Row<K, V> | undefined> {
    const partitions = this.#stores.partitionsOf(table as StoreReference);
    return rowUpdates(partitions, key) as Observable<Row<K, V> | undefined>;
  }

  /**
   * Checks topics, creates internal ones, joins the group and starts to work in the background.
   * @throws TopologyError when topics or state do not fit; StreamsError `APP_STATE` when it was started
   * before, `APP_CLOSED` when it is closed meanwhile
   */
  async start(): Promise<void> {
    if (this.#state.current !== 'created') {
      throw new StreamsError(
        'APP_STATE',
        `This app is ${this.#state.current}; an app starts once: make a new one`,
      );
    }
    this.#state.to('rebalancing');
    // Closing waits for this, so that no member stays behind.
    const starting = this.#loop.join();
    this.#running = starting.then(
      (instance) => this.#run(instance),
      () => {},
    );
    try {
      await starting;
    } catch (error) {
      throw this.#stopping ? closedEarly(error) : this.#startFailed(error);
    }
    if (this.#stopping) throw closedEarly(undefined);
  }

  #startFailed(error: unknown): unknown {
    this.#failure = error;
    this.#state.to('error');
    this.#done.reject(error);
    return error;
  }

  get #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(first: Instance): Promise<void> {
    const failure = await this.#loop.run(first);
    this.#failure ??= this.#loop.failure;
    if (failure !== undefined) this.#fail(failure.error);
  }

  #remember(tasks: readonly Task[]): void {
    this.#past = addMetrics(this.#past, tasks);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#state.to('error');
    this.#done.reject(this.#failure);
    if (!this.#done.isAwaited) reportFailure(this.#config, this.#failure);
  }

  /**
   * Commits, writes stores to disk, leaves the group. After `timeoutMs` (default 10 seconds) it leaves
   * without what is still under way, which others take up from the last commit. Rejects with what a failed
   * app failed with. Called again, it gives the same promise.
   */
  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /**
   * Reads no more of its input topics, processes what is in the topics of its own (repartition topics, those
   * of foreign-key joins), then closes. Called on every instance, the last one leaves nothing to process
   * there: an application that takes over begins where this one ended. Resolves when it is closed.
   * @throws StreamsError `APP_CLOSED` where it was closed before that
   */
  async drain(): Promise<void> {
    this.#draining = true;
    while (this.#failure === undefined) {
      if (this.#stopping) throw new StreamsError('APP_CLOSED', 'The app was closed before it was drained');
      if ((await this.#loop.current?.isDrained()) === true) break;
      await sleep(drainLookMs);
    }
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#stop.abort();
    this.#loop.stop();
    const late = new AbortController();
    const timeout = sleep(timeoutMs, 'late', { signal: late.signal }).catch(() => 'done');
    const outcome = await Promise.race([this.#running?.then(() => 'done') ?? 'done', timeout]);
    late.abort();
    if (outcome === 'late') await this.#loop.abandon();
    this.#state.to('closed');
    if (this.#failure === undefined) return this.#done.resolve();
    this.#done.reject(this.#failure);
    throw this.#failure;
  }
}

function closedEarly(cause: unknown): StreamsError {
  return new StreamsError('APP_CLOSED', 'The app was closed before it had started', { cause });
}
