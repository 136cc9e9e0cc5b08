import { setImmediate } from 'node:timers/promises';
import type { GroupMember, RecordBatch } from '@millrace/log-client';
import type { ResolvedConfig } from './config.ts';
import type { GlobalTables } from './global-tables.ts';
import { Pace } from './pace.ts';
import type { RepartitionPurge } from './repartition-purge.ts';
import type { Task } from './task/task.ts';
import type { TaskCommitter } from './task-committer.ts';
import type { TaskRegistry } from './task-registry.ts';

/** How long a poll may wait while calls of asynchronous operators are under way. */
const callPollMs = 5;

export interface PollLoopOptions {
  readonly config: ResolvedConfig;
  readonly member: GroupMember;
  readonly tasks: TaskRegistry;
  readonly committer: TaskCommitter;
  readonly purge: RepartitionPurge;
  readonly globals: GlobalTables | undefined;
  /** Called after each round. */
  readonly onRound: () => void;
}

/** Rounds of polling, processing, punctuating and committing, at the loop's own pace. It has no policy of its own. */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #paused = new Map<Task, Set<string>>();
  readonly #pace: Pace;
  #lastCommitAt = performance.now();
  #commit: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #stopping = false;

  constructor(options: PollLoopOptions) {
    this.#options = options;
    this.#pace = new Pace(options.config.maxPollRecords);
  }

  /** The loop ends after the round under way. */
  stop(): void {
    this.#stopping = true;
  }

  async run(): Promise<void> {
    let busy = false;
    while (!this.#stopping) {
      busy = await this.#round(busy);
      this.#options.onRound();
      // Other work of the process, timers included, gets its turn.
      await setImmediate();
    }
    await this.#settle();
    await this.#commitAll(this.#options.tasks.tasks.filter((task) => task.needsCommit));
  }

  async #round(wasBusy: boolean): Promise<boolean> {
    const { config, member, tasks, globals } = this.#options;
    const batches = await member.poll({
      maxWaitMs: wasBusy || this.#stopping ? 0 : this.#idleMs(),
      maxRecords: config.maxPollRecords,
    });
    if (globals !== undefined) await globals.update();
    this.#feed(batches);
    let worked = batches.length > 0;
    const began = performance.now();
    for (const task of tasks.tasks) {
      const done = task.process(this.#pace.limit);
      if ((typeof done === 'number' ? done : await done) > 0) worked = true;
      const fired = task.punctuate();
      if ((typeof fired === 'number' ? fired : await fired) > 0) worked = true;
      if (config.idleAdvanceMs !== undefined) await task.advanceIdle(config.idleAdvanceMs);
      this.#resume(task);
    }
    this.#pace.tookMs(performance.now() - began, worked);
    await this.#maybeCommit();
    this.#options.purge.run();
    return worked;
  }

  /** How long to wait for records: not past the next commit that is due. */
  #idleMs(): number {
    const { config, tasks } = this.#options;
    const all = tasks.tasks;
    if (all.some((task) => task.hasResults)) return 0;
    const pollMs = all.some((task) => task.hasCalls) ? Math.min(config.pollMs, callPollMs) : config.pollMs;
    if (!all.some((task) => task.needsCommit)) return pollMs;
    const due = this.#lastCommitAt + config.commitIntervalMs - performance.now();
    return Math.max(0, Math.min(pollMs, Math.ceil(due)));
  }

  #feed(batches: readonly RecordBatch[]): void {
    const { config, member, tasks } = this.#options;
    for (const { topic, partition, records, nextOffset } of batches) {
      const task = tasks.find({ topic, partition });
      if (task === undefined) continue;
      task.addRecords(topic, records, nextOffset);
      if (task.waiting(topic) <= config.maxBufferedRecords) continue;
      member.pause({ topic, partition });
      const paused = this.#paused.get(task) ?? new Set();
      this.#paused.set(task, paused.add(topic));
    }
  }

  #resume(task: Task): void {
    const paused = this.#paused.get(task);
    if (paused === undefined) return;
    const { config, member } = this.#options;
    for (const topic of paused) {
      if (task.waiting(topic) > config.maxBufferedRecords) continue;
      member.resume({ topic, partition: task.id.partition });
      paused.delete(topic);
    }
    if (paused.size === 0) this.#paused.delete(task);
  }

  /** Starts a commit where one is due. Processing goes on meanwhile, unless a store waits to write to disk. */
  async #maybeCommit(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { config, tasks } = this.#options;
    const due = performance.now() - this.#lastCommitAt >= config.commitIntervalMs;
    const full = (task: Task): boolean => task.uncommittedBytes >= config.maxUncommittedBytes;
    const ready = tasks.tasks.filter(
      (task) => task.needsCommit && (due || task.commitRequested || full(task)),
    );
    if (due) this.#lastCommitAt = performance.now();
    if (ready.length === 0) return;
    // One at a time: what is due again meanwhile waits for the one under way.
    await this.#settle();
    this.#commit = this.#commitAll(ready).catch((error: unknown) => {
      this.#failure = { error };
    });
    const now = Date.now();
    if (ready.some((task) => task.stores.wantsFlush(now))) await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.#commit;
    this.#commit = undefined;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #commitAll(tasks: readonly Task[]): Promise<void> {
    const { committer, member } = this.#options;
    const outcomes = await Promise.allSettled(tasks.map((task) => committer.commit(task, member)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
