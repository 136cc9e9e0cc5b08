import path from 'node:path';
import { LevelStore } from '@millrace/state-stores/runtime';
import { ConfigError } from '../../errors.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { TaskLayout } from '../assign/task-assignor.ts';
import type { ResolvedConfig } from '../config.ts';
import { hasStandby, type StoreCopy, StandbyTask, type StandbyTaskOptions } from './standby-task.ts';

const lockFolder = 'instance';
const retryMs = 10_000;

interface StandbyParts {
  readonly lock: LevelStore | undefined;
  /** A copy was written to disk and closed. */
  readonly onClosed: StandbyTaskOptions['onClosed'];
}

/**
 * The standby tasks of an instance: started and ended as the assignor says (Kafka Streams:
 * num.standby.replicas).
 */
export class StandbyTasks {
  readonly #topology: Topology;
  readonly #config: ResolvedConfig;
  readonly #layout: TaskLayout;
  readonly #tasks = new Map<string, StandbyTask>();
  readonly #closing = new Map<string, Promise<void>>();
  #target: ReadonlySet<string> = new Set();
  /** Those of them that this instance is to work on, and has not said that it could. */
  readonly #warmUps = new Set<string>();
  #reconciled = true;

  readonly #lock: LevelStore | undefined;

  readonly #onClosed: StandbyTaskOptions['onClosed'];

  private constructor(
    topology: Topology,
    config: ResolvedConfig,
    layout: TaskLayout,
    { lock, onClosed }: StandbyParts,
  ) {
    this.#topology = topology;
    this.#config = config;
    this.#layout = layout;
    this.#lock = lock;
    this.#onClosed = onClosed;
  }

  /**
   * @throws ConfigError where another instance has this `stateDir`: a copy and what it is a copy of would be
   * in one folder
   */
  static async open(
    topology: Topology,
    config: ResolvedConfig,
    layout: TaskLayout,
    onClosed: StandbyTaskOptions['onClosed'],
  ): Promise<StandbyTasks> {
    const { applicationId, stateDir, numStandbyReplicas } = config;
    if (numStandbyReplicas === 0 || stateDir === undefined) {
      return new StandbyTasks(topology, config, layout, { lock: undefined, onClosed });
    }
    try {
      const lock = await LevelStore.open(path.join(stateDir, applicationId, lockFolder));
      return new StandbyTasks(topology, config, layout, { lock, onClosed });
    } catch (error) {
      throw new ConfigError(
        `StreamsApp: with "numStandbyReplicas" each instance needs a "stateDir" of its own: ${(error as Error).message}`,
      );
    }
  }

  /** The tasks whose stores are copied here. */
  get taskIds(): readonly string[] {
    return [...this.#tasks.keys()];
  }

  has(task: string): boolean {
    return this.#tasks.has(task) || this.#closing.has(task);
  }

  /** Those of them that are up to date, or have been. */
  get warm(): readonly string[] {
    return [...this.#tasks.values()].filter((task) => task.isWarm).map((task) => task.name);
  }

  /** All copies that follow their changelogs, with how far they are behind. */
  get copies(): readonly { readonly task: string; readonly store: string; readonly lag: number }[] {
    return [...this.#tasks.values()].flatMap((task) => task.lags.map((lag) => ({ task: task.name, ...lag })));
  }

  /** The copy that this instance has of a store of a task. */
  copy(task: string, store: string): StoreCopy | undefined {
    return this.#tasks.get(task)?.copy(store);
  }

  /**
   * Sets the standby tasks that this instance is to have; `reconcile` applies it. `warmUps` are those of them
   * that it is to work on once they have caught up.
   */
  setTarget(tasks: readonly string[], warmUps: readonly string[] = []): void {
    this.#target = new Set(tasks);
    this.#reconciled = false;
    this.#warmUps.clear();
    for (const task of warmUps) this.#warmUps.add(task);
  }

  /** Whether a task that was to warm up has caught up since this was last asked. */
  takeWarmedUp(): boolean {
    let any = false;
    for (const name of this.#warmUps) {
      if (this.#lagOf(name) > this.#config.acceptableRecoveryLag) continue;
      this.#warmUps.delete(name);
      any = true;
    }
    return any;
  }

  /** How many changelog records a copy is behind; Infinity where it is still being restored. */
  #lagOf(name: string): number {
    const lags = this.#tasks.get(name)?.lags ?? [];
    return lags.length === 0 ? Number.POSITIVE_INFINITY : lags.reduce((sum, { lag }) => sum + lag, 0);
  }

  /** Starts and ends standby tasks in the background, so that they become those of the target. */
  reconcile(isActive: (task: string) => boolean): void {
    if (this.#reconciled) return;
    this.#reconciled = true;
    for (const name of this.#tasks.keys()) {
      if (this.#target.has(name)) continue;
      this.#close(name).catch((error: unknown) => {
        this.#config.logger.warn(
          { applicationId: this.#config.applicationId, taskId: name, error },
          `Standby task ${name} could not be closed: ${(error as Error).message}`,
        );
      });
    }
    for (const name of this.#target) {
      if (this.#tasks.has(name)) continue;
      // Its stores are still open: the next round tries again.
      if (isActive(name) || this.#closing.has(name)) this.#reconciled = false;
      else this.#start(name);
    }
  }

  #start(name: string): void {
    const id = this.#layout.taskNamed(name);
    const subTopology = this.#topology.subTopologies.find((one) => one.id === id?.subTopology);
    if (id === undefined || subTopology === undefined) return;
    const { applicationId, stateDir, log, stateRestoreListener: listener, pollMs } = this.#config;
    const { deserializationExceptionHandler: onDeserializationError } = this.#config;
    const task = new StandbyTask(
      {
        id,
        subTopology,
        applicationId,
        stateDir,
        log,
        listener,
        onDeserializationError,
        pollMs,
        logger: this.#config.logger,
        onClosed: this.#onClosed,
      },
      (error: unknown) => {
        this.#tasks.delete(name);
        this.#config.logger.warn(
          { applicationId: this.#config.applicationId, taskId: name, error },
          `Standby task ${name} failed; retrying in ${retryMs / 1000} s: ${(error as Error).message}`,
        );
        setTimeout(() => {
          this.#reconciled = false;
        }, retryMs).unref();
      },
    );
    this.#tasks.set(name, task);
  }

  #close(name: string): Promise<void> {
    const task = this.#tasks.get(name);
    if (task === undefined) return this.#closing.get(name) ?? Promise.resolve();
    this.#tasks.delete(name);
    const closed = task.close().finally(() => this.#closing.delete(name));
    this.#closing.set(name, closed);
    return closed;
  }

  /** Closes the standby tasks whose active tasks this instance gets. */
  async release(tasks: readonly string[]): Promise<void> {
    await Promise.all(tasks.map((name) => this.#close(name)));
  }

  async close(): Promise<void> {
    this.setTarget([]);
    await this.release([...this.#tasks.keys(), ...this.#closing.keys()]);
    await this.#lock?.close();
  }
}

/** The tasks of a topology that have stores worth copying. */
export function tasksWithStandbys(topology: Topology, layout: TaskLayout): readonly string[] {
  const parts = new Set(
    topology.subTopologies.filter((subTopology) => subTopology.stores.some(hasStandby)).map(({ id }) => id),
  );
  return layout.taskNames.filter((name) => parts.has(layout.taskNamed(name)!.subTopology));
}
