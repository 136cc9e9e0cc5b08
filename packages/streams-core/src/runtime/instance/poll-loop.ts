import { setImmediate } from 'node:timers/promises';
import type { GroupMember, RecordBatch } from '@millrace/log-client';
import type { ResolvedConfig } from '../config.ts';
import type { Recorder } from '../metrics/recorder.ts';
import type { GlobalTables } from '../stores/global-tables.ts';
import { BatchLimit } from './batch-limit.ts';
import type { RepartitionPurge } from '../commit/repartition-purge.ts';
import type { Task } from '../task/task.ts';
import type { TaskCommitter } from '../commit/task-committer.ts';
import type { TaskRegistry } from './task-registry.ts';

/** How long a poll may wait while calls of asynchronous operators are under way. */
const callPollMs = 5;
/**
 * At least once, results of a backlog are sent together for so long: each send is a request, and a sync of
 * the log. (Kafka Streams: linger.ms.)
 */
const sendPauseMs = 50;

export interface PollLoopOptions {
  readonly config: ResolvedConfig;
  readonly member: GroupMember;
  readonly tasks: TaskRegistry;
  readonly committer: TaskCommitter;
  readonly purge: RepartitionPurge;
  readonly globals: GlobalTables | undefined;
  readonly recorder: Recorder;
  readonly isPaused: (subTopology: number) => boolean;
  /** Called after each round. */
  readonly onRound: () => void;
}

/**
 * Rounds of polling, processing, punctuating and committing, at the loop's own limit. It has no policy of its
 * own.
 */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #paused = new Map<Task, Set<string>>();
  readonly #limit = new BatchLimit();
  /** The task that the next round begins with. */
  #first = 0;
  #lastCommitAt = performance.now();
  #lastSentAt = 0;
  #commit: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #stopping = false;

  constructor(options: PollLoopOptions) {
    this.#options = options;
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
    await this.#awaitCommit();
    await this.#commitAll(this.#options.tasks.tasks.filter((task) => task.needsCommit));
  }

  async #round(wasBusy: boolean): Promise<boolean> {
    const { config, member, globals, tasks } = this.#options;
    // Idle: the next commit starts as soon as the one under way ends, not after a poll.
    if (!wasBusy && this.#commit !== undefined && tasks.tasks.some((task) => task.needsCommit))
      await this.#awaitCommit();
    const beganAt = performance.now();
    const batches = await member.poll({
      maxWaitMs: wasBusy || this.#stopping ? 0 : this.#idleMs(),
      maxRecords: config.maxPollRecords,
    });
    if (globals !== undefined) await globals.update();
    const polled = this.#feed(batches);
    const polledAt = performance.now();
    const worked = await this.#work();
    this.#measure(polled, polledAt - beganAt, worked ? performance.now() - polledAt : undefined);
    const caughtUp = 2 * polled < config.maxPollRecords && this.#paused.size === 0;
    this.#sendOutput(caughtUp);
    await this.#maybeCommit(caughtUp);
    this.#options.purge.run();
    return worked || batches.length > 0;
  }

  #measure(polled: number, pollMs: number, workMs: number | undefined): void {
    const { recorder, tasks } = this.#options;
    if (workMs !== undefined || tasks.tasks.every((task) => task.isIdle))
      recorder.progressAt = performance.now();
    if (!recorder.isOn) return;
    recorder.poll.record(pollMs);
    recorder.polledRecords += polled;
    if (workMs !== undefined) recorder.process.record(workMs);
  }

  /**
   * Lets tasks process records, in turn, until all have or the round has taken its time. Returns whether
   * there were any.
   */
  async #work(): Promise<boolean> {
    const { config, recorder, isPaused } = this.#options;
    const all = this.#options.tasks.tasks.filter(({ id }) => !isPaused(id.subTopology));
    const limit = this.#limit;
    let worked = false;
    limit.begin();
    for (let turn = 0; turn < all.length; turn++) {
      const task = all[(this.#first + turn) % all.length]!;
      const done = task.process(config.maxPollRecords, limit.isOver);
      if ((typeof done === 'number' ? done : await done) > 0) worked = true;
      this.#resume(task);
      if (!limit.over) continue;
      this.#first = (this.#first + turn + 1) % all.length;
      break;
    }
    const punctuatedAt = performance.now();
    let calls = 0;
    for (const task of all) {
      const fired = task.punctuate();
      calls += typeof fired === 'number' ? fired : await fired;
      if (config.idleAdvanceMs === undefined) continue;
      const pending = task.advanceIdle(config.idleAdvanceMs);
      if (pending !== undefined) await pending;
    }
    if (calls > 0 && recorder.isOn) recorder.punctuate.record(performance.now() - punctuatedAt);
    return worked || calls > 0;
  }

  /** At least once: what tasks have made goes out now, or soon; offsets at the next commit. */
  #sendOutput(caughtUp: boolean): void {
    const { committer, tasks } = this.#options;
    if (!committer.sendsEarly) return;
    const now = performance.now();
    if (!caughtUp && now - this.#lastSentAt < sendPauseMs) return;
    this.#lastSentAt = now;
    for (const task of tasks.tasks) committer.send(task);
  }

  /** How long to wait for records: not past the next commit that is due. */
  #idleMs(): number {
    const { config, tasks } = this.#options;
    const all = tasks.tasks;
    if (all.some((task) => task.hasResults)) return 0;
    const pollMs = all.some((task) => task.hasCalls) ? Math.min(config.pollMs, callPollMs) : config.pollMs;
    if (!all.some((task) => task.needsCommit)) return pollMs;
    const { commitPauseMs } = config.log.capabilities;
    // A paused partition means a backlog, which commits by the interval.
    const eager = this.#isEager && this.#paused.size === 0;
    const waitMs = eager ? Math.min(commitPauseMs, config.commitIntervalMs) : config.commitIntervalMs;
    const due = this.#lastCommitAt + waitMs - performance.now();
    return Math.max(0, Math.min(pollMs, Math.ceil(due)));
  }

  /** Returns how many records there were. */
  #feed(batches: readonly RecordBatch[]): number {
    const { config, member, tasks } = this.#options;
    let fed = 0;
    for (const { topic, partition, records, nextOffset } of batches) {
      fed += records.length;
      const task = tasks.find({ topic, partition });
      if (task === undefined) continue;
      task.addRecords(topic, records, nextOffset);
      if (task.waiting(topic) <= config.maxBufferedRecords) continue;
      member.pause({ topic, partition });
      const paused = this.#paused.get(task) ?? new Set();
      this.#paused.set(task, paused.add(topic));
    }
    return fed;
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

  /**
   * Starts a commit where one is due: by the interval, or at once where the log has little more to read
   * (`caughtUp`) and no commit is under way. Processing continues meanwhile, unless a store waits to write to
   * disk.
   */
  async #maybeCommit(caughtUp: boolean): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { config, tasks } = this.#options;
    const sinceMs = performance.now() - this.#lastCommitAt;
    const due =
      sinceMs >= config.commitIntervalMs ||
      (caughtUp && sinceMs >= config.log.capabilities.commitPauseMs && this.#isEager);
    const full = (task: Task): boolean => task.uncommittedBytes >= config.maxUncommittedBytes;
    const ready = tasks.tasks.filter(
      (task) => task.needsCommit && (due || task.commitRequested || full(task)),
    );
    if (due) this.#lastCommitAt = performance.now();
    if (ready.length === 0) return;
    // One at a time: what is due again meanwhile waits for the one under way.
    await this.#awaitCommit();
    this.#commit = this.#commitAll(ready)
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#commit = undefined;
      });
    const now = Date.now();
    if (ready.some((task) => task.stores.wantsFlush(now))) await this.#awaitCommit();
  }

  /**
   * Whether a commit may come before the interval is over: exactly once, where results show with a commit
   * only; not while calls are under way or where a cache is there to hold changes back.
   */
  get #isEager(): boolean {
    const { config, tasks } = this.#options;
    if (config.processingGuarantee !== 'exactly_once' || config.cacheMaxBytes > 0) return false;
    return this.#commit === undefined && tasks.tasks.every((task) => !task.hasCalls);
  }

  async #awaitCommit(): Promise<void> {
    await this.#commit;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #commitAll(tasks: readonly Task[]): Promise<void> {
    const { committer, member, recorder } = this.#options;
    const beganAt = performance.now();
    await committer.commitAll(tasks, member);
    if (tasks.length > 0 && recorder.isOn) recorder.commit.record(performance.now() - beganAt);
  }
}
