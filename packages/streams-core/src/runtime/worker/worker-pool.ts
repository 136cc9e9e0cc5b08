import { availableParallelism } from 'node:os';
import { emitWarning } from 'node:process';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Observable } from 'rxjs';
import { type Metric, threadFlags } from '@millrace/log-client';
import { ConfigError } from '../../errors.ts';
import { warningsOnly } from '../../logger.ts';
import { type AppState, AppStateMachine } from '../app/app-state.ts';
import { Done } from '../app/done.ts';
import { reportFailure } from '../app/failure-report.ts';
import type { StreamsApp } from '../app/streams-app.ts';
import { type AppMetrics, noMetrics, sumMetrics } from '../metrics/app-metrics.ts';
import type { Health } from '../app/health.ts';
import { Restarts } from './restarts.ts';
import type { FromWorker, SentError, ToWorker, WorkerReport, WorkerStart } from './messages.ts';

/** What a module is told of the worker that it makes an app for. */
export interface WorkerContext {
  /** From 0 on. */
  readonly index: number;
  readonly count: number;
  /** What {@link WorkerPoolOptions.data} says. */
  readonly data: unknown;
  /** One end of {@link WorkerPoolOptions.logPort}, for `threadLog`. */
  readonly logPort: MessagePort | undefined;
}

/** Makes the app of one worker, in its thread: an instance of the same application in each. */
export type MakeApp = (worker: WorkerContext) => StreamsApp | Promise<StreamsApp>;

export interface WorkerPoolOptions {
  /** The module whose default export is a {@link MakeApp}: `new URL('./app.js', import.meta.url)`. */
  readonly module: URL;
  /** Default: as many as the machine has cores. */
  readonly workers?: number;
  /** Passed to the module, as a copy. */
  readonly data?: unknown;
  /**
   * Makes a port to a log of this thread, for each worker that is started: `() => log.threadPort()` of an
   * `EmbeddedLog`.
   */
  readonly logPort?: () => MessagePort;
  /** The young generation of each worker's heap, in MiB. Default 64: windows and joins make much garbage. */
  readonly youngGenerationMb?: number;
  /** Node's own options for each thread. Default: those of this process. */
  readonly execArgv?: readonly string[];
}

interface PoolWorker {
  readonly thread: Worker;
  state: AppState;
  taskIds: readonly string[];
  /** As it last said. */
  report: WorkerReport | undefined;
  hasEnded: boolean;
}

/** Beyond the time that an app has to close. */
const closeSlackMs = 2000;

// Threads load what is built: a source file is none that every version of Node can run.
const workerFile = import.meta.url.endsWith('.ts')
  ? new URL('../../../dist/runtime/worker/worker-main.js', import.meta.url)
  : new URL('./worker-main.js', import.meta.url);

/**
 * An application in several threads of this process: each has an instance of its own, and the group shares
 * the tasks out among them. A thread that dies is an instance that failed: its tasks move, and it is started
 * again.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions & { readonly workers: number };
  readonly #state = new AppStateMachine();
  readonly #done = new Done();
  readonly #workers: (PoolWorker | undefined)[] = [];
  readonly #restarts = new Restarts();
  #past: AppMetrics = noMetrics;
  #failure: unknown;
  #closing: Promise<void> | undefined;

  /** @internal Use {@link runWorkers}. */
  constructor(options: WorkerPoolOptions) {
    const { workers = availableParallelism() } = options;
    if (!Number.isInteger(workers) || workers < 1) {
      throw new ConfigError(`runWorkers: "workers" is ${workers}: use a whole number from 1 on`);
    }
    this.#options = { ...options, workers };
    this.#state.to('rebalancing');
    for (let index = 0; index < workers; index++) this.#start(index);
  }

  /** `running` while all workers are; completes when the pool is closed. */
  get state$(): Observable<AppState> {
    return this.#state.state$;
  }

  get state(): AppState {
    return this.#state.current;
  }

  /** As {@link StreamsApp.done}. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** Why the pool is in state `error`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The tasks that its workers have, as they last said. */
  get taskIds(): readonly string[] {
    return this.#live.flatMap(({ taskIds }) => taskIds);
  }

  /** Counts of all workers, those before it that have ended included. */
  async metrics(): Promise<AppMetrics> {
    await this.#askAll();
    return this.#live.reduce((sum, { report }) => sumMetrics(sum, report?.counts ?? noMetrics), this.#past);
  }

  /** As {@link StreamsApp.readMetrics}, of all workers: each with the tag `thread-id`. */
  async readMetrics(): Promise<Metric[]> {
    await this.#askAll();
    return this.#workers.flatMap((worker, index) =>
      (worker?.report?.metrics ?? []).map((metric) => ({
        ...metric,
        tags: { ...metric.tags, 'thread-id': String(index) },
      })),
    );
  }

  /** As {@link StreamsApp.health}: that of the worker that is worst off, with the reasons of all. */
  async health(): Promise<Health> {
    await this.#askAll();
    const all = this.#workers.map((worker) => worker?.report?.health ?? unstarted);
    const worst = all.toSorted((one, two) => severity(two) - severity(one))[0]!;
    const reasons = all.flatMap((one, index) => one.reasons.map((reason) => `Worker ${index}: ${reason}`));
    return { ...worst, reasons };
  }

  async #askAll(): Promise<void> {
    const answers = this.#live.map(
      ({ thread, hasEnded }) =>
        new Promise<void>((resolve) => {
          if (hasEnded) return resolve();
          const listen = ({ kind }: FromWorker): void => {
            if (kind !== 'report') return;
            thread.off('message', listen);
            thread.off('exit', resolve);
            resolve();
          };
          thread.on('message', listen);
          thread.once('exit', resolve);
          ask(thread, { kind: 'report' });
        }),
    );
    await Promise.all(answers);
  }

  get #live(): PoolWorker[] {
    return this.#workers.filter((worker) => worker !== undefined);
  }

  #start(index: number): void {
    const { module, workers: count, youngGenerationMb = 64, data, execArgv } = this.#options;
    const logPort = this.#options.logPort?.();
    const start: WorkerStart = { module: module.href, index, count, data, logPort };
    const thread = new Worker(workerFile, {
      workerData: start,
      transferList: logPort === undefined ? [] : [logPort],
      name: `streams-${index}`,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
      execArgv: threadFlags(execArgv),
    });
    const worker: PoolWorker = {
      thread,
      state: 'created',
      taskIds: [],
      report: undefined,
      hasEnded: false,
    };
    this.#workers[index] = worker;
    let failure: unknown;
    thread.on('message', (message: FromWorker) => this.#onMessage(worker, message));
    thread.on('error', (error) => {
      failure = error;
    });
    thread.once('exit', () => this.#onExit(index, worker, failure));
  }

  #onMessage(worker: PoolWorker, message: FromWorker): void {
    if (message.kind === 'report') worker.report = message;
    else if (message.kind === 'failed') {
      worker.hasEnded = true;
      this.#fail(received(message.error));
      worker.thread.terminate().catch(() => {});
    } else if (message.kind === 'closed') {
      worker.hasEnded = true;
      worker.state = 'closed';
      // Its log may still be open: it belongs to the module, and to nobody else.
      worker.thread.terminate().catch(() => {});
    } else {
      ({ state: worker.state, taskIds: worker.taskIds } = message);
      this.#settle();
    }
  }

  #settle(): void {
    if (this.#closing !== undefined || this.#failure !== undefined) return;
    const isRunning = this.#workers.every((worker) => worker?.state === 'running');
    this.#state.to(isRunning ? 'running' : 'rebalancing');
  }

  /** A thread has ended that was not asked to: its tasks move to the others, and it is started again. */
  #onExit(index: number, worker: PoolWorker, failure: unknown): void {
    this.#past = sumMetrics(this.#past, worker.report?.counts ?? noMetrics);
    this.#workers[index] = undefined;
    if (worker.hasEnded || this.#closing !== undefined || this.#failure !== undefined) return;
    const ms = this.#restarts.schedule(index, () => {
      try {
        this.#start(index);
      } catch (error) {
        // Its log may be closed by now.
        this.#fail(error);
      }
    });
    const why = failure instanceof Error ? failure.message : 'its thread ended';
    emitWarning(`Worker ${index} died and is started again in ${ms} ms: ${why}`, 'MillraceWarning');
    this.#settle();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined || this.#closing !== undefined) return;
    this.#failure = error;
    this.#state.to('error');
    this.#done.reject(error);
    if (!this.#done.isAwaited) reportFailure({ applicationId: 'workers', logger: warningsOnly }, error);
    // One instance that has failed for good fails the application, as in one thread.
    for (const { thread, hasEnded } of this.#live)
      if (!hasEnded) ask(thread, { kind: 'close', timeoutMs: 10_000 });
  }

  /** As {@link StreamsApp.close}, of all workers at once. */
  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#restarts.cancel();
    const ended = this.#live.map(
      ({ thread }) =>
        new Promise<void>((resolve) => {
          const late = setTimeout(() => thread.terminate().catch(() => {}), timeoutMs + closeSlackMs);
          thread.once('exit', () => {
            clearTimeout(late);
            resolve();
          });
          ask(thread, { kind: 'close', timeoutMs });
        }),
    );
    await Promise.all(ended);
    this.#state.to('closed');
    if (this.#failure === undefined) return this.#done.resolve();
    this.#done.reject(this.#failure);
    throw this.#failure;
  }
}

/** Of a worker that has said nothing yet. */
const unstarted: Health = {
  status: 'starting',
  live: true,
  ready: false,
  reasons: ['Its thread starts.'],
};

/** The larger, the worse. */
function severity({ live, ready }: Health): number {
  return (live ? 0 : 2) + (ready ? 0 : 1);
}

function ask(thread: Worker, message: ToWorker): void {
  thread.postMessage(message);
}

function received({ name, message, stack, code }: SentError): Error {
  const error = Object.assign(new Error(message), code === undefined ? {} : { code });
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

/**
 * Runs an application in worker threads. Each worker makes its own app, log client and stores from a module,
 * so that nothing of the main thread is captured. Each is a member of the group: on Kafka, on a log that
 * processes share, and on an `EmbeddedLog` of this thread, which its workers open by `logPort`.
 */
export async function runWorkers(options: WorkerPoolOptions): Promise<WorkerPool> {
  return new WorkerPool(options);
}
