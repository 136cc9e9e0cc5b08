import type { LogRecord, OffsetCommit } from '@millrace/log-client';
import type { SourceNode, SourceTopic } from '../../topology/graph/nodes.ts';
import type { ObservedTime } from '../../topology/operator.ts';
import type { PunctuationType } from '../../topology/processor.ts';
import { TaskAsyncScope } from './process/async-scope.ts';
import { DroppedRecords } from './output/dropped-records.ts';
import type { Linked } from './process/link.ts';
import { Punctuations } from './process/punctuation.ts';
import { recordCollector } from './process/task-watch.ts';
import type { RecordCollector } from './output/record-collector.ts';
import { inputQueue } from './input/input-queue.ts';
import type { RecordQueue } from './input/record-queue.ts';
import { IdleTime } from './idle-time.ts';
import { linkTask } from './link-task.ts';
import type { TaskClock } from './task-clock.ts';
import { type TaskId, taskName } from './task-id.ts';
import {
  type InputPosition,
  recallTimes,
  type TaskInput,
  TaskInputs,
  type WaitingInput,
} from './input/task-inputs.ts';
import { TaskMetrics } from './task-metrics.ts';
import { type TaskTracing, taskTracing } from './task-tracing.ts';
import { type MakeCheckpoint, TaskStores } from './task-stores.ts';
import type { PreparedCommit, TaskCounts, TaskOptions, TaskOutput } from './task-options.ts';

const never = (): boolean => false;

/**
 * A sub-topology at work on one partition: records in, changes and results collected until they are
 * committed. It knows no log; the runtime and the test driver feed it and take what it has made.
 */
export class Task {
  readonly id: TaskId;
  readonly name: string;
  readonly counts: TaskCounts = { processed: 0, dropped: 0, late: 0, droppedBy: new Map() };
  readonly stores: TaskStores;
  readonly metrics: TaskMetrics;
  readonly #options: TaskOptions;
  readonly #collector: RecordCollector;
  readonly #clock: TaskClock;
  readonly #punctuations = new Punctuations();
  readonly #observedTimes = new Map<string, ObservedTime>();
  readonly #inputs: TaskInputs;
  readonly #async: TaskAsyncScope;
  readonly #linked: Linked;
  readonly #monotonicNow: () => number;
  readonly #dropped: DroppedRecords;
  readonly #tracing: TaskTracing | undefined;
  /** Records taken since the last commit, and calls of punctuators. */
  #work = 0;
  /** It takes no records, because a commit waits for what is under way. */
  #held = false;
  readonly #idle = new IdleTime();
  readonly #committed = new Map<string, number>();
  commitRequested = false;
  #closed = false;

  constructor(options: TaskOptions) {
    const { id, subTopology, applicationId, topology, clock, directory, stores } = options;
    this.id = id;
    this.name = taskName(id);
    this.#options = options;
    this.#clock = clock;
    this.#async = new TaskAsyncScope(clock);
    this.#collector = recordCollector(options.watch, options.newRecordList);
    const specs = subTopology.stores.filter(({ name }) => !topology.globalStores.has(name));
    const realName = (topic: string): string => directory.realName(topic);
    this.stores = new TaskStores({ specs, stores, applicationId, realName });
    const dropping = { counts: this.counts, clock, collector: this.#collector, directory };
    this.#dropped = new DroppedRecords({ ...dropping, onDropped: options.onDropped });
    recallTimes(options.inputs, clock, this.#observedTimes);
    this.metrics = new TaskMetrics(options);
    this.#tracing = taskTracing(options);
    this.#linked = linkTask(options, {
      tracing: this.#tracing,
      userMetrics: this.metrics.user,
      meter: this.metrics.meter,
      collector: this.#collector,
      punctuations: this.#punctuations,
      asyncScope: this.#async,
      observedTimes: this.#observedTimes,
      dropped: (reason, node) => this.#dropped.drop(reason, node),
      requestCommit: () => {
        this.commitRequested = true;
      },
    });
    this.#monotonicNow = options.monotonicNow ?? options.now;
    this.#inputs = new TaskInputs(options.lagOf);
    for (const source of subTopology.sources) {
      for (const topic of source.topics) {
        const input = options.inputs.find((one) => one.topic === topic.name);
        if (input !== undefined) this.addInput(source, topic, input);
      }
    }
  }

  /** Reads a topic from now on; for those that are known from the start the constructor does this. */
  addInput(source: SourceNode, topic: SourceTopic, input: TaskInput): void {
    const entry = this.#linked.entries.get(source.name)!;
    const parts = { collector: this.#collector, dropped: this.#dropped, tracing: this.#tracing };
    const queue = inputQueue({ source, topic, input, entry }, this.#options, parts);
    this.#inputs.add(queue, input.committed);
    this.#committed.set(queue.topic, queue.position);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get streamTime(): number {
    return this.#clock.streamTime;
  }

  /** The next offset of an input as it was last committed, by real topic name; undefined for no input. */
  committedPosition(topic: string): number | undefined {
    return this.#committed.get(topic);
  }

  /** The inputs by real topic name, with their next offsets. */
  get positions(): readonly InputPosition[] {
    return this.#inputs.positions;
  }

  /**
   * Takes records in. `nextOffset` is the log's next offset after them, past transaction markers.
   */
  addRecords(topic: string, records: readonly LogRecord[], nextOffset?: number): void {
    this.metrics.arrived(topic, records);
    this.#tracing?.received(topic, records);
    this.#options.onInput?.(topic, records);
    // What was passed is worth a commit too: it is how far this task has read.
    if (this.#inputs.push(topic, records, nextOffset)) this.#work++;
  }

  /** What waits in each input. */
  get inputs(): readonly WaitingInput[] {
    return this.#inputs.waitingByInput;
  }

  /** How many records of an input wait. */
  waiting(topic: string): number {
    return this.#inputs.waiting(topic);
  }

  /** Whether `process` would have something to do. */
  get isReady(): boolean {
    return this.#async.hasResults || (this.#inputs.hasWaiting && !this.#async.isFull);
  }

  /** Whether nothing waits to be processed, and no call is under way. */
  get isIdle(): boolean {
    return !this.#inputs.hasWaiting && !this.#async.isBusy;
  }

  /** Whether calls of asynchronous operators are under way. */
  get hasCalls(): boolean {
    return this.#async.isBusy;
  }

  /** Whether results of such calls wait to be forwarded. */
  get hasResults(): boolean {
    return this.#async.hasResults;
  }

  /** Resolves when a call has ended. */
  nextResult(): Promise<void> {
    return this.#async.next();
  }

  /** Bytes that wait for the next commit. */
  get uncommittedBytes(): number {
    return this.#collector.bytes;
  }

  get needsCommit(): boolean {
    return this.#work > 0 || this.#collector.count > 0;
  }

  /**
   * Forwards results of calls, then processes up to `limit` records in order; none while an async operator is
   * at its concurrency limit. A promise only where user code made one. `isOver` is asked after each record
   * whether the round has taken long enough. Returns how many there were.
   */
  process(limit: number, isOver: () => boolean = never): number | Promise<number> {
    if (this.#held) return 0;
    this.#inputs.refresh();
    if (!this.#async.hasResults) return this.#processFrom(0, limit, isOver);
    const applied = this.#async.apply();
    if (typeof applied === 'number') return this.#processFrom(applied, limit + applied, isOver);
    return applied.then((count) => this.#processFrom(count, limit + count, isOver));
  }

  #processFrom(start: number, limit: number, isOver: () => boolean): number | Promise<number> {
    for (let done = start; done < limit; done++) {
      const queue = this.#async.isFull ? undefined : this.#inputs.next();
      if (queue === undefined) return done;
      const pending = this.#processOne(queue);
      if (pending !== undefined) {
        return pending.then(() => (isOver() ? done + 1 : this.#processFrom(done + 1, limit, isOver)));
      }
      if (isOver()) return done + 1;
    }
    return limit;
  }

  #processOne(queue: RecordQueue): void | Promise<void> {
    const record = queue.head!;
    const advanced = this.#clock.enter(queue, record);
    this.#work++;
    this.counts.processed++;
    const pending = queue.entry(record);
    return pending === undefined
      ? this.#finishOne(queue, advanced)
      : pending.then(() => this.#finishOne(queue, advanced));
  }

  #finishOne(queue: RecordQueue, advanced: boolean): void | Promise<void> {
    this.#clock.leave();
    queue.take();
    if (!advanced || !this.#punctuations.any) return;
    const fired = this.#fire('stream-time', this.#clock.streamTime);
    if (typeof fired !== 'number') return fired.then(() => {});
  }

  /** Calls the wall-clock punctuators that are due. Returns how many. */
  punctuate(): number | Promise<number> {
    if (this.#held || !this.#punctuations.any) return 0;
    return this.#fire('wall-clock-time', this.#monotonicNow(), this.#options.now());
  }

  /** `due` is what schedules are compared with, `time` what their callbacks get. */
  #fire(type: PunctuationType, due: number, time = due): number | Promise<number> {
    this.#clock.timestamp = time;
    const fired = this.#punctuations.fire(type, { due, time });
    const count = (calls: number): number => {
      this.#work += calls;
      return calls;
    };
    return typeof fired === 'number' ? count(fired) : fired.then(count);
  }

  /** Moves stream time on with the wall clock, where no record has come for `afterMs` of it. */
  advanceIdle(afterMs: number): void | Promise<void> {
    if (this.#held || this.streamTime < 0) return;
    const now = this.#monotonicNow();
    if (this.#inputs.hasWaiting || this.hasCalls || this.#work > 0)
      return this.#idle.busy(now, this.streamTime);
    const streamTime = this.#idle.advance(now, this.streamTime, afterMs);
    if (streamTime !== undefined) return this.#advanceTime(streamTime);
  }

  /** Advances stream time without a record: windows close, and results that waited for time are forwarded. */
  #advanceTime(streamTime: number): void | Promise<void> {
    if (streamTime <= this.#clock.streamTime) return;
    this.#clock.streamTime = streamTime;
    this.#clock.timestamp = streamTime;
    const pending = this.#linked.advanceTime(streamTime);
    if (!this.#punctuations.any) return pending;
    const fire = async (): Promise<void> => void (await this.#fire('stream-time', streamTime));
    return pending === undefined ? fire() : pending.then(fire);
  }

  /**
   * Gets ready for a commit: waits for calls that are under way and forwards their results, then what waits
   * in caches. No record is taken until `prepareCommit`, which must follow at once. A promise only where
   * there is something to wait for.
   */
  drain(): void | Promise<void> {
    this.#held = true;
    if (this.#async.isBusy) return this.#drainCalls().catch(this.#release);
    try {
      const pending = this.#linked.flushCaches();
      return pending === undefined ? undefined : pending.catch(this.#release);
    } catch (error) {
      return this.#release(error);
    }
  }

  async #drainCalls(): Promise<void> {
    // A cache may forward something to where calls are made.
    while (this.#async.isBusy) {
      await this.#async.drain();
      await this.#linked.flushCaches();
    }
  }

  readonly #release = (error: unknown): never => {
    this.#held = false;
    throw error;
  };

  /** Everything since the last commit: changelogs first, then results, with the offsets they go with. */
  prepareCommit(): PreparedCommit {
    const output = this.takeOutput();
    this.#tracing?.prepared();
    this.#work = 0;
    this.#held = false;
    this.commitRequested = false;
    const offsets = this.#inputs.offsets(this.#clock.streamTime, this.#observedTimes);
    return { ...output, offsets };
  }

  /** What was made since the last call, to be sent before the offsets that go with it. */
  takeOutput(): TaskOutput {
    const changes = this.stores.takeChanges(this.id.partition, this.#options.newRecordList);
    return { changelogs: changes.length, records: [...changes, ...this.#collector.take()] };
  }

  /** The commit stands: changelogs have got as far as `changelogEnds` says, by topic. */
  committed(
    offsets: readonly OffsetCommit[],
    changelogEnds: ReadonlyMap<string, number>,
    checkpoint: MakeCheckpoint,
    now: number,
  ): void {
    for (const { topic, offset } of offsets) this.#committed.set(topic, offset);
    this.stores.committed(changelogEnds, offsets, checkpoint, now);
    this.metrics.committed(offsets);
    this.#tracing?.committed();
  }

  /** Stops user code. Stores are closed by the caller, who opened them. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#linked.close();
    this.#async.close();
    this.#tracing?.close();
  }
}
