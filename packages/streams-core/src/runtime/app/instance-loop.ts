import { setTimeout as sleep } from 'node:timers/promises';
import { isLogError } from '@millrace/log-client';
import { isStreamsError } from '../../errors.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { ResolvedConfig } from '../config.ts';
import { Instance } from '../instance/instance.ts';
import type { InstanceEvents } from '../instance/instance-options.ts';
import { lookAtInputs } from '../instance/prepare.ts';
import type { Recorder } from '../metrics/recorder.ts';
import { ReadPositions } from '../topics/open-inputs.ts';
import { TopicWatch } from '../topics/topic-watch.ts';
import { RestartPolicy } from './restart-policy.ts';

/**
 * What a new instance gets over: this one was fenced, its position in a topic is gone, or the topic itself
 * is.
 */
const fixedByRejoining: ReadonlySet<string> = new Set([
  'LOG_FENCED',
  'LOG_OFFSET_OUT_OF_RANGE',
  'LOG_UNKNOWN_TOPIC',
]);
/** How often to look for a topic that is missing. */
const missingTopicMs = 200;

export interface InstanceLoopOptions {
  readonly topology: Topology;
  readonly config: ResolvedConfig;
  /** Aborted when the app is closed. */
  readonly signal: AbortSignal;
  readonly events: InstanceEvents;
  /** The stores that queries ask for. */
  readonly queried: ReadonlySet<string>;
  readonly recorder: Recorder;
  readonly isPaused: (subTopology: number) => boolean;
  readonly isDraining: () => boolean;
  /** An instance is over; its counts can be read for the last time. */
  readonly onEnd: (instance: Instance) => void;
}

/** Runs one instance of an app after the other, until the app is closed or fails for good. */
export class InstanceLoop {
  readonly #options: InstanceLoopOptions;
  readonly #positions = new ReadPositions();
  readonly #restarts: RestartPolicy;
  #current: Instance | undefined;
  /** It was closed before it could finish. */
  #abandoned = false;
  #failure: unknown;
  /** Since when an input topic has been missing. */
  #missingSince: number | undefined;

  constructor(options: InstanceLoopOptions) {
    this.#options = options;
    this.#restarts = new RestartPolicy(options.config.applicationId, options.config.logger);
  }

  /** The instance at work, if there is one. */
  get current(): Instance | undefined {
    return this.#current;
  }

  /** What an instance failed with while it was stopped, or what the uncaught-exception handler threw. */
  get failure(): unknown {
    return this.#failure;
  }

  join(): Promise<Instance> {
    const { events, ...options } = this.#options;
    return Instance.join({ ...options, positions: this.#positions, ...events });
  }

  /** Resolves to what the app failed with for good; undefined where it was closed. */
  async run(first: Instance): Promise<{ readonly error: unknown } | undefined> {
    for (let instance: Instance = first; ; ) {
      this.#current = instance;
      const failure = await this.#live(instance);
      if (this.#abandoned) return undefined;
      this.#current = undefined;
      if (this.#stopping) return undefined;
      if (failure !== undefined && !this.#mayRestart(failure.error)) return failure;
      this.#options.events.onRebalance();
      if (failure !== undefined) await this.#pause(failure.error);
      const next = await this.#joinAgain();
      if (!(next instanceof Instance)) return next;
      instance = next;
    }
  }

  /** The instance under way is to end after its round. */
  stop(): void {
    this.#current?.stop();
  }

  /** Leaves without what is still under way. */
  async abandon(): Promise<void> {
    const instance = this.#current;
    if (instance === undefined) return;
    this.#abandoned = true;
    this.#current = undefined;
    this.#options.onEnd(instance);
    await instance.abandon();
  }

  get #stopping(): boolean {
    return this.#options.signal.aborted;
  }

  /**
   * One instance from its first round to its last; resolves to its failure, undefined where it was only to
   * stop.
   */
  async #live(instance: Instance): Promise<{ readonly error: unknown } | undefined> {
    const { topology, config, onEnd } = this.#options;
    const watch = new TopicWatch({
      intervalMs: config.topicRefreshMs,
      look: () => lookAtInputs(topology, config),
      onChange: () => instance.stop(),
      logger: config.logger,
    });
    watch.start(instance.inputs);
    try {
      if (this.#stopping) instance.stop();
      await instance.run();
      onEnd(instance);
      await instance.leave();
      return undefined;
    } catch (error) {
      // Abandoned by close, which has done the rest.
      if (this.#abandoned) return undefined;
      onEnd(instance);
      await instance.abandon();
      // Restoring ends with an error where the app is closed meanwhile.
      const isAbort = error === this.#options.signal.reason;
      if (this.#stopping && !isAbort && !isRetriable(error)) this.#failure ??= error;
      return { error };
    } finally {
      watch.stop();
    }
  }

  async #joinAgain(): Promise<Instance | { readonly error: unknown } | undefined> {
    while (!this.#stopping) {
      try {
        const instance = await this.join();
        this.#missingSince = undefined;
        return instance;
      } catch (error) {
        if (this.#stopping) return undefined;
        if (this.#awaitsTopic(error)) {
          await this.#sleep(missingTopicMs);
          continue;
        }
        if (!this.#mayRestart(error)) return { error };
        await this.#pause(error);
      }
    }
    return undefined;
  }

  /** Whether a topic that existed gets time to be created again. */
  #awaitsTopic(error: unknown): boolean {
    if (!isStreamsError(error, 'TOPOLOGY_TOPIC_MISSING')) return false;
    const { topicRefreshMs } = this.#options.config;
    const now = performance.now();
    if (this.#missingSince === undefined) {
      this.#missingSince = now;
      this.#restarts.awaits(error, topicRefreshMs);
    }
    return now - this.#missingSince < topicRefreshMs;
  }

  #pause(error: unknown): Promise<void> {
    return this.#sleep(this.#restarts.delayMs(error, { quiet: isRetriable(error) }));
  }

  async #sleep(ms: number): Promise<void> {
    // Closed meanwhile: the loop that waits checks for that itself.
    await sleep(ms, undefined, { signal: this.#options.signal }).catch(() => {});
  }

  /**
   * A fenced instance has only lost its tasks, and may rejoin; a log that did not answer may answer again.
   */
  #mayRestart(error: unknown): boolean {
    if (isRetriable(error)) return true;
    try {
      return this.#options.config.uncaughtExceptionHandler(error) === 'restart';
    } catch (handlerError) {
      this.#failure = handlerError;
      return false;
    }
  }
}

function isRetriable(error: unknown): boolean {
  return isLogError(error) && (error.retriable || fixedByRejoining.has(error.code));
}
