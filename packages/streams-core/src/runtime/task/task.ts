import type { LogRecord, OffsetCommit } from '@millrace/log-client';
import type { SourceNode, SourceTopic } from '../../topology/graph/nodes.ts';
import type { ObservedTime } from '../../topology/operator.ts';
import type { PunctuationType } from '../../topology/processor.ts';
import { failOnRecordError } from '../../handlers.ts';
import { TaskAsyncScope } from './process/async-scope.ts';
import { DroppedRecords } from './out/dropped-records.ts';
import { type Linked, link } from './process/link.ts';
import { Punctuations } from './process/punctuation.ts';
import { RecordCollector } from './out/record-collector.ts';
import { RecordQueue } from './in/record-queue.ts';
import { openSource } from './in/source-node.ts';
import type { TaskClock } from './task-clock.ts';
import { type TaskId, taskName } from './task-id.ts';
import { type InputPosition, recallTimes, type TaskInput, TaskInputs } from './in/task-inputs.ts';
import { type MakeCheckpoint, TaskStores } from './task-stores.ts';
import type { PreparedCommit, TaskCounts, TaskOptions, TaskOutput } from './task-options.ts';

const never = (): boolean => false;

/**
 * A sub-topology at work on one partition: records in, changes and results collected until they are committed. It knows
 * no log; the runtime and the test driver feed it and take what it has made.
 */
export class Task {
  readonly id: TaskId;
  readonly name: string;
  readonly counts: TaskCounts = { processed: 0, dropped: 0, late: 0, droppedBy: new Map() };
  readonly stores: TaskStores;
  readonly #options: TaskOptions;
  readonly #collector = new RecordCollector();
  readonly #clock: TaskClock;
  readonly #punctuations = new Punctuations();
  readonly #observedTimes = new Map<string, ObservedTime>();
  readonly #inputs: TaskInputs;
  readonly #async: TaskAsyncScope;
  readonly #linked: Linked;
  readonly #monotonicNow: () => number;
  readonly #dropped: DroppedRecords;
  /** Records taken since the last commit, and calls of punctuators. */
  #work = 0;
  /** It takes no records, because a commit waits for what is under way. */
  #held = false;
  /** Since when there has been nothing to do, and the stream time then. */
  #idleSince: { readonly at: number; readonly streamTime: number } | undefined;
  commitRequested = false;
  #closed = false;

  constructor(options: TaskOptions) {
    const { id, part, applicationId, topology, clock, directory, stores } = options;
    this.id = id;
    this.name = taskName(id);
    this.#options = options;
    this.#clock = clock;
    this.#async = new TaskAsyncScope(clock);
    this.stores = new TaskStores({
      specs: part.stores.filter(({ name }) => !topology.globalStores.has(name)),
      stores,
      applicationId,
      realName: (topic) => directory.realName(topic),
    });
    this.#dropped = new DroppedRecords({
      counts: this.counts,
      clock,
      collector: this.#collector,
      directory,
      onDropped: options.onDropped,
    });
    recallTimes(options.inputs, clock, this.#observedTimes);
    this.#linked = link({
      nodes: topology.nodes,
      part: part.nodes,
      applicationId,
      taskId: this.name,
      stores: new Map([...options.globalStores, ...stores]),
      specs: topology.stores,
      cacheBudget: options.cacheBudget,
      emitIntervalMs: options.emitIntervalMs ?? 0,
      globalStores: topology.globalStores,
      collector: this.#collector,
      directory,
      clock,
      punctuations: this.#punctuations,
      observedTimes: this.#observedTimes,
      asyncScope: this.#async,
      now: options.now,
      monotonicNow: options.monotonicNow ?? options.now,
      dropped: (reason, node) => this.#dropped.drop(reason, node),
      validate: options.validate ?? false,
      onProcessingError: options.onProcessingError ?? failOnRecordError,
      onProductionError: options.onProductionError ?? failOnRecordError,
      wrapProcessor: topology.processorWrapper,
      requestCommit: () => {
        this.commitRequested = true;
      },
    });
    this.#monotonicNow = options.monotonicNow ?? options.now;
    this.#inputs = new TaskInputs(options.lagOf);
    for (const source of part.sources) {
      for (const topic of source.topics) {
        const input = options.inputs.find((one) => one.topic === topic.name);
        if (input !== undefined) this.addInput(source, topic, input);
      }
    }
  }

  /** Reads a topic from now on; for those that are known from the start the constructor does this. */
  addInput(source: SourceNode, topic: SourceTopic, { topicId, committed, startOffset }: TaskInput): void {
    const { id, directory, onDeserializationError: onError } = this.#options;
    const { partition } = id;
    const realName = directory.realName(topic.name);
    const deserialize = openSource({
      node: source.name,
      topic,
      realName,
      partition,
      timestampExtractor: source.timestampExtractor,
      onError,
      collector: this.#collector,
      directory,
      dropped: (reason, record) =>
        this.#dropped.drop(reason, source.name, record, {
          topic: realName,
          partition,
          offset: record.offset,
        }),
    });
    const position = committed?.offset ?? startOffset;
    const entry = this.#linked.entries.get(source.name)!;
    this.#inputs.add(
      new RecordQueue({ topic: realName, topicId, partition, position, deserialize, entry }),
      committed,
    );
  }

  get streamTime(): number {
    return this.#clock.streamTime;
  }

  /** The inputs by real topic name, with their next offsets. */
  get positions(): readonly InputPosition[] {
    return this.#inputs.positions;
  }

  /** Takes records in. `nextOffset` is where the log goes on after them, past markers that only it knows of. */
  addRecords(topic: string, records: readonly LogRecord[], nextOffset?: number): void {
    // What was passed is worth a commit too: it is how far this task has read.
    if (this.#inputs.push(topic, records, nextOffset)) this.#work++;
  }

  /** How many records of an input wait. */
  waiting(topic: string): number {
    return this.#inputs.waiting(topic);
  }

  get hasWaiting(): boolean {
    return this.#inputs.hasWaiting;
  }

  /** Whether `process` would have something to do. */
  get isReady(): boolean {
    return this.#async.hasResults || (this.hasWaiting && !this.#async.isFull);
  }

  /** Whether calls of asynchronous operators are under way. */
  get hasCalls(): boolean {
    return this.#async.isBusy;
  }

  /** Whether results of such calls wait to go on. */
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
   * Lets results of calls go on, then takes up to `limit` records, in order, but none while operators have enough to do. A
   * promise only where user code made one. `isOver` is asked after each record whether the round has taken long enough. Returns
   * how many there were.
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
    const clock = this.#clock;
    clock.topic = queue.topic;
    clock.topicPartition = queue.partition;
    clock.offset = queue.headOffset;
    clock.timestamp = record.timestamp;
    clock.raw = queue.raw;
    const advanced = record.timestamp > clock.streamTime;
    if (advanced) clock.streamTime = record.timestamp;
    this.#work++;
    this.counts.processed++;
    const pending = queue.entry(record);
    if (pending !== undefined) return pending.then(() => this.#finishOne(queue, advanced));
    return this.#finishOne(queue, advanced);
  }

  #finishOne(queue: RecordQueue, advanced: boolean): void | Promise<void> {
    this.#clock.topic = undefined;
    this.#clock.raw = undefined;
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
    if (typeof fired === 'number') {
      this.#work += fired;
      return fired;
    }
    return fired.then((count) => {
      this.#work += count;
      return count;
    });
  }

  /** Where nothing has come for so long of wall-clock time, moves stream time on with the wall clock. */
  advanceIdle(afterMs: number): void | Promise<void> {
    if (this.#held || this.streamTime < 0) return;
    const now = this.#monotonicNow();
    if (this.hasWaiting || this.hasCalls || this.#idleSince === undefined || this.#work > 0) {
      this.#idleSince = { at: now, streamTime: this.streamTime };
      return;
    }
    const idleMs = now - this.#idleSince.at;
    if (idleMs >= afterMs) return this.#advanceTime(this.#idleSince.streamTime + idleMs);
  }

  /** Moves stream time on without a record: windows close, what waits for time goes on. */
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
   * Gets ready for a commit: waits for calls that are under way and lets their results go on, then sends on what waits in
   * caches. No record is taken until `prepareCommit`, which must follow at once. A promise only where there is something to
   * wait for.
   */
  settle(): void | Promise<void> {
    this.#held = true;
    if (this.#async.isBusy) return this.#settleCalls().catch(this.#release);
    try {
      const pending = this.#linked.flushCaches();
      return pending === undefined ? undefined : pending.catch(this.#release);
    } catch (error) {
      return this.#release(error);
    }
  }

  async #settleCalls(): Promise<void> {
    while (this.#async.isBusy) {
      await this.#async.next();
      await this.#async.apply();
    }
    await this.#linked.flushCaches();
    // A cache may have sent something on to where calls are made.
    if (this.#async.isBusy) await this.#settleCalls();
  }

  readonly #release = (error: unknown): never => {
    this.#held = false;
    throw error;
  };

  /** Everything since the last commit: changelogs first, then results, with the offsets they go with. */
  prepareCommit(): PreparedCommit {
    const output = this.takeOutput();
    this.#work = 0;
    this.#held = false;
    this.commitRequested = false;
    const offsets = this.#inputs.offsets(this.#clock.streamTime, this.#observedTimes);
    return { ...output, offsets };
  }

  /** What was made since the last call, for those who send it before the offsets that go with it. */
  takeOutput(): TaskOutput {
    const changes = this.stores.takeChanges(this.id.partition);
    return { changelogs: changes.length, records: [...changes, ...this.#collector.take()] };
  }

  /** The commit stands: changelogs have got as far as `changelogEnds` says, by topic. */
  committed(
    offsets: readonly OffsetCommit[],
    changelogEnds: ReadonlyMap<string, number>,
    checkpoint: MakeCheckpoint,
    now: number,
  ): void {
    this.stores.committed(changelogEnds, offsets, checkpoint, now);
  }

  /** Stops user code; the stores are closed by whoever opened them. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#linked.close();
    this.#async.close();
  }
}
