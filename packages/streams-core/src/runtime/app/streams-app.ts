import { setTimeout as sleep } from 'node:timers/promises';
import { isLogError } from '@millrace/log-client';
import type { Observable } from 'rxjs';
import { isStreamsError, StreamsError } from '../../errors.ts';
import type { Topology } from '../../topology/built/topology.ts';
import { type AppMetrics, addMetrics, noMetrics } from '../metrics/app-metrics.ts';
import { type AppState, AppStateMachine } from './app-state.ts';
import type { StreamsMetadata } from '../assign/streams-metadata.ts';
import { type ResolvedConfig, resolveConfig, type StreamsConfig } from '../config.ts';
import { Done } from './done.ts';
import { reportFailure } from './failure-report.ts';
import { Instance, lookAtInputs } from '../instance/instance.ts';
import { type KeyQuery, type KeyQueryMetadata, locateKey } from '../query/key-query-metadata.ts';
import { RestartPolicy } from './restart-policy.ts';
import { ReadPositions } from '../topics/open-inputs.ts';
import { TopicWatch } from '../topics/topic-watch.ts';

/** What an instance gets over by starting over: it was fenced, its place in a topic is gone, or the topic itself is. */
const startsOver: ReadonlySet<string> = new Set([
  'LOG_FENCED',
  'LOG_OFFSET_OUT_OF_RANGE',
  'LOG_UNKNOWN_TOPIC',
]);
/** How often to look for a topic that is gone. */
const missingTopicMs = 200;

/**
 * Runs a topology. Instances with the same application id on one log share its tasks; when one stops, the others take
 * its tasks over where they were committed.
 */
export class StreamsApp {
  readonly #topology: Topology;
  readonly #config: ResolvedConfig;
  readonly #state = new AppStateMachine();
  readonly #done = new Done();
  readonly #restarts: RestartPolicy;
  readonly #positions = new ReadPositions();
  readonly #stop = new AbortController();
  #instance: Instance | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** It was closed before it could finish. */
  #abandoned = false;
  #failure: unknown;
  #instances: readonly StreamsMetadata[] = [];
  #past: AppMetrics = noMetrics;
  /** Since when an input topic has been missing. */
  #missingSince: number | undefined;

  /** @throws ConfigError naming each wrong option */
  constructor(topology: Topology, config: StreamsConfig) {
    this.#topology = topology;
    this.#config = resolveConfig(config);
    this.#restarts = new RestartPolicy(this.#config.applicationId);
  }

  /** The present state, then every change; completes when the app is closed. */
  get state$(): Observable<AppState> {
    return this.#state.state$;
  }

  get state(): AppState {
    return this.#state.current;
  }

  /**
   * Resolves when the app is closed, and rejects with what it failed with. End a main program with `await app.done`: then a
   * failure ends the process. Where nobody asks for it, a failure is printed and sets `process.exitCode` to 1.
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
    const { tasks, globals } = this.#instance ?? {};
    return addMetrics(this.#past, tasks?.tasks ?? [], globals?.dropped);
  }

  /** The tasks this instance works on now, e.g. `0_3`. */
  get taskIds(): readonly string[] {
    return (this.#instance?.tasks.tasks ?? []).map((task) => task.name);
  }

  /** The tasks of others whose stores this instance keeps copies of. */
  get standbyTaskIds(): readonly string[] {
    return this.#instance?.standbys.taskIds ?? [];
  }

  /** All instances of the app, this one among them, as the group last agreed; none before it has. */
  metadataForAllStreamsClients(): readonly StreamsMetadata[] {
    return this.#instance === undefined ? [] : this.#instances;
  }

  /**
   * Which instance has the row of a key in a store; undefined while nobody does. It may have moved on by the time it is asked.
   * @throws TopologyError `TOPOLOGY_STORE_MISSING`
   */
  queryMetadataForKey<K>(query: KeyQuery<K>): KeyQueryMetadata | undefined {
    if (this.#instance === undefined) return undefined;
    const { topology, layout } = this.#instance;
    return locateKey(query, topology.subTopologies, layout, this.#instances);
  }

  /**
   * Checks topics, creates internal ones, joins the group and starts to work in the background.
   * @throws TopologyError when topics or state do not fit; StreamsError `APP_STATE` when it was started before, `APP_CLOSED` when
   * it is closed meanwhile
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
    const starting = this.#join();
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

  #join(): Promise<Instance> {
    return Instance.join({
      topology: this.#topology,
      config: this.#config,
      positions: this.#positions,
      signal: this.#stop.signal,
      onRebalance: () => this.#rebalancing(),
      onRound: () => {
        if (!this.#stopping) this.#state.to('running');
      },
      onInstances: (instances) => {
        this.#instances = instances;
      },
      onClosing: (tasks) => {
        this.#past = addMetrics(this.#past, tasks);
      },
    });
  }

  #rebalancing(): void {
    if (!this.#stopping) this.#state.to('rebalancing');
  }

  /** Runs one instance after the other, until the app is closed or fails for good. */
  async #run(first: Instance): Promise<void> {
    for (let instance: Instance | undefined = first; instance !== undefined; ) {
      this.#instance = instance;
      const failure = await this.#live(instance);
      if (this.#abandoned) return;
      this.#instance = undefined;
      if (this.#stopping) return;
      if (failure !== undefined && !this.#mayRestart(failure.error)) return this.#fail(failure.error);
      this.#rebalancing();
      if (failure !== undefined) await this.#pause(failure.error);
      instance = await this.#joinAgain();
    }
  }

  /** One instance from its first round to its last; resolves to what ended it, undefined where it was only to stop. */
  async #live(instance: Instance): Promise<{ readonly error: unknown } | undefined> {
    const watch = new TopicWatch({
      intervalMs: this.#config.topicRefreshMs,
      look: () => lookAtInputs(this.#topology, this.#config),
      onChange: () => instance.stop(),
    });
    watch.start(instance.inputs);
    try {
      if (this.#stopping) instance.stop();
      await instance.run();
      this.#remember(instance);
      await instance.leave();
      return undefined;
    } catch (error) {
      // Given up by close, which saw to the rest.
      if (this.#abandoned) return undefined;
      this.#remember(instance);
      await instance.abandon();
      // Restoring ends with an error where the app is closed meanwhile.
      if (this.#stopping && !this.#isAbort(error) && !isPassing(error)) this.#failure ??= error;
      return { error };
    } finally {
      watch.stop();
    }
  }

  #isAbort(error: unknown): boolean {
    return error === this.#stop.signal.reason;
  }

  #remember({ tasks }: Instance): void {
    this.#past = addMetrics(this.#past, tasks.tasks);
  }

  async #joinAgain(): Promise<Instance | undefined> {
    while (!this.#stopping) {
      try {
        const instance = await this.#join();
        this.#missingSince = undefined;
        return instance;
      } catch (error) {
        if (this.#stopping) return undefined;
        if (this.#awaitsTopic(error)) {
          await this.#sleep(missingTopicMs);
          continue;
        }
        if (!this.#mayRestart(error)) {
          this.#fail(error);
          return undefined;
        }
        await this.#pause(error);
      }
    }
    return undefined;
  }

  /** Whether a topic that was there is given time to be created again. */
  #awaitsTopic(error: unknown): boolean {
    if (!isStreamsError(error, 'TOPOLOGY_TOPIC_MISSING')) return false;
    const now = performance.now();
    if (this.#missingSince === undefined) {
      this.#missingSince = now;
      this.#restarts.awaits(error, this.#config.topicRefreshMs);
    }
    return now - this.#missingSince < this.#config.topicRefreshMs;
  }

  #pause(error: unknown): Promise<void> {
    return this.#sleep(this.#restarts.delayMs(error, { quiet: isPassing(error) }));
  }

  async #sleep(ms: number): Promise<void> {
    // Closed meanwhile: the loop that waits looks for that itself.
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }

  /** A fenced instance has only lost its tasks, and may ask for new ones; a log that did not answer may answer again. */
  #mayRestart(error: unknown): boolean {
    if (isPassing(error)) return true;
    try {
      return this.#config.uncaughtExceptionHandler(error) === 'restart';
    } catch (handlerError) {
      this.#failure = handlerError;
      return false;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#state.to('error');
    this.#done.reject(this.#failure);
    if (!this.#done.isAwaited) reportFailure(this.#config.applicationId, this.#failure);
  }

  /**
   * Commits, writes stores to disk, leaves the group. After `timeoutMs` (default 10 seconds) it leaves without what is
   * still under way, which others take up from the last commit. Rejects with what a failed app failed with. Called again, it
   * gives the same promise.
   */
  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#stop.abort();
    this.#instance?.stop();
    const late = new AbortController();
    const timeout = sleep(timeoutMs, 'late', { signal: late.signal }).catch(() => 'done');
    const outcome = await Promise.race([this.#running?.then(() => 'done') ?? 'done', timeout]);
    late.abort();
    const unfinished = this.#instance;
    this.#instance = undefined;
    if (outcome === 'late' && unfinished !== undefined) {
      this.#abandoned = true;
      this.#remember(unfinished);
      await unfinished.abandon();
    }
    this.#state.to('closed');
    if (this.#failure === undefined) return this.#done.resolve();
    this.#done.reject(this.#failure);
    throw this.#failure;
  }
}

/** What goes away by itself. */
function isPassing(error: unknown): boolean {
  return isLogError(error) && (error.retriable || startsOver.has(error.code));
}

function closedEarly(cause: unknown): StreamsError {
  return new StreamsError('APP_CLOSED', 'The app was closed before it had started', { cause });
}
