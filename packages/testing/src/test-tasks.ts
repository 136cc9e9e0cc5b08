import type { LogRecord, OffsetCommit } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { Checkpoint, StateStore } from '@millrace/state-stores/runtime';
import type { Topology } from '@millrace/streams-core';
import {
  cacheBudget,
  changelogName,
  type DeserializationExceptionHandler,
  type DroppedRecordHandler,
  type GlobalTable,
  globalTablesOf,
  type ProcessingExceptionHandler,
  type ProductionExceptionHandler,
  realNames,
  Task,
  type TaskInput,
  taskName,
  TaskClock,
  warningsOnly,
} from '@millrace/streams-core/runtime';
import type { StepRecorder } from './steps/step-recorder.ts';
import { checkedParts, inMemory, type OpenedStores, type Part } from './test-parts.ts';
import { TestTopics } from './test-topics.ts';

type SourceTopic = Part['sources'][number]['topics'][number];

export interface TestTasksOptions {
  readonly applicationId: string;
  readonly cacheMaxBytes: number;
  readonly emitIntervalMs: number;
  readonly deserializationExceptionHandler: DeserializationExceptionHandler;
  readonly processingExceptionHandler: ProcessingExceptionHandler;
  readonly productionExceptionHandler: ProductionExceptionHandler;
  readonly droppedRecordHandler: DroppedRecordHandler;
  /** The topics that handlers may send records to. */
  readonly deadLetterTopics: readonly string[];
  /** Wall-clock time in milliseconds. */
  readonly now: () => number;
  /** Writes down what each record does; undefined: nobody wants to know. */
  readonly steps: StepRecorder | undefined;
  /** Stores that are open already, by sub-topology; the others are in memory. */
  readonly opened: ReadonlyMap<number, OpenedStores>;
}

/**
 * The tasks of a topology with one partition per topic, and the topics between them. Every record is
 * committed at once.
 */
export class TestTasks {
  readonly topics: TestTopics;
  readonly globals: ReadonlyMap<string, GlobalTable>;
  readonly stores = new Map<string, { readonly store: StateStore; readonly clock: TaskClock }>();
  readonly #topology: Topology;
  readonly #options: TestTasksOptions;
  readonly #realName: (topic: string) => string;
  readonly #parts: readonly Part[];
  /** Topics that were found to match patterns. */
  readonly #matched: { readonly source: Part['sources'][number]; readonly topic: SourceTopic }[] = [];
  readonly #committed = new Map<string, OffsetCommit>();
  #tasks: Task[] = [];
  #serial = 0;
  #readers = new Map<string, Task[]>();

  constructor(topology: Topology, options: TestTasksOptions) {
    this.#topology = topology;
    this.#options = options;
    const { applicationId } = options;
    this.#realName = realNames(topology, applicationId);
    const changelogs = [...topology.stores.values()].map((spec) => this.#changelogOf(spec));
    this.topics = new TestTopics(new Set(changelogs));
    const tables = globalTablesOf(topology, {
      onDeserializationError: options.deserializationExceptionHandler,
      onProcessingError: options.processingExceptionHandler,
      logger: warningsOnly,
    });
    this.globals = new Map(tables.map((table) => [table.topic.name, table]));
    for (const { store } of tables) {
      this.stores.set(store.name, { store, clock: new TaskClock(0) });
      options.steps?.watchStore(store);
    }
    this.#parts = checkedParts(topology, applicationId);
    for (const subTopology of this.#parts)
      this.#start(subTopology, options.opened.get(subTopology.id) ?? inMemory(subTopology));
  }

  /** The topic that a store comes back from. */
  #changelogOf({ name, sourceTopic }: StoreSpec): string {
    return sourceTopic === undefined
      ? changelogName(this.#options.applicationId, name)
      : this.#realName(sourceTopic);
  }

  /** Records that global tables left out. */
  get globallyDropped(): number {
    return [...this.globals.values()].reduce((sum, { dropped }) => sum + dropped, 0);
  }

  /** The topics that somebody reads. */
  get inputs(): readonly string[] {
    return [...this.#readers.keys(), ...this.globals.keys()];
  }

  get all(): readonly Task[] {
    return this.#tasks;
  }

  #start(subTopology: Part, { clock, stores }: OpenedStores): void {
    const { steps } = this.#options;
    for (const store of stores.values()) {
      this.stores.set(store.name, { store, clock });
      steps?.watchStore(store);
    }
    const id = { subTopology: subTopology.id, partition: 0 };
    const inputs = subTopology.sources.flatMap((source) =>
      source.topics.map(({ name }) => this.#input(name)),
    );
    const { applicationId, cacheMaxBytes, emitIntervalMs, now } = this.#options;
    const task = new Task({
      id,
      applicationId,
      topology: this.#topology,
      subTopology,
      inputs,
      stores,
      globalStores: new Map([...this.globals.values()].map(({ store }) => [store.name, store])),
      clock,
      directory: {
        realName: this.#realName,
        partitions: () => 1,
        knownPartitions: (topic) => (this.#options.deadLetterTopics.includes(topic) ? 1 : undefined),
      },
      lagOf: () => 0,
      onDeserializationError: this.#options.deserializationExceptionHandler,
      onProcessingError: this.#options.processingExceptionHandler,
      onProductionError: this.#options.productionExceptionHandler,
      onDropped: this.#options.droppedRecordHandler,
      // A test should show what a reader of the topic would refuse.
      validate: true,
      cacheBudget: cacheBudget(cacheMaxBytes),
      emitIntervalMs,
      now,
      watch: steps?.watch(taskName(id), clock),
    });
    for (const { source, topic } of this.#matched) {
      if (subTopology.sources.includes(source)) task.addInput(source, topic, this.#input(topic.name));
    }
    this.#tasks.push(task);
    for (const { topic } of task.positions)
      this.#readers.set(topic, [...(this.#readers.get(topic) ?? []), task]);
  }

  /** Ends every task and starts it again from what it has committed: offsets, times and changelogs. */
  restart(): void {
    if (this.#options.opened.size > 0) {
      throw new Error('A driver with stores on disk cannot restart in place: close it, and open another');
    }
    for (const task of this.#tasks) task.close();
    this.#tasks = [];
    this.#readers = new Map();
    for (const subTopology of this.#parts) {
      const fresh = inMemory(subTopology);
      for (const [name, store] of fresh.stores) {
        const changelog = this.#changelogOf(this.#topology.stores.get(name)!);
        for (const record of this.topics.kept(changelog)) store.restore(record);
        store.committed(undefined, this.#options.now());
      }
      this.#start(subTopology, fresh);
    }
  }

  /**
   * Whether somebody reads a topic; a source that reads topics by pattern does so from now on where it
   * matches.
   */
  reads(topic: string): boolean {
    if (this.#readers.has(topic) || this.globals.has(topic)) return true;
    for (const [index, subTopology] of this.#parts.entries()) {
      for (const source of subTopology.sources) {
        if (source.pattern?.matches.test(topic) !== true) continue;
        const { key, value } = source.pattern;
        const task = this.#tasks[index]!;
        task.addInput(source, { name: topic, key, value }, this.#input(topic));
        this.#matched.push({ source, topic: { name: topic, key, value } });
        this.#readers.set(topic, [task]);
        return true;
      }
    }
    return false;
  }

  #input(topic: string): TaskInput {
    return { topic, topicId: topic, committed: this.#committed.get(this.#realName(topic)), startOffset: 0 };
  }

  /** Gives a record to the task that reads its topic. */
  pipe(topic: string, record: Omit<LogRecord, 'offset'>): void | Promise<void> {
    const records = this.topics.append(topic, [record]);
    this.#options.steps?.begin({ type: 'record', topic, record: records[0]! });
    return this.#after(this.#deliver(topic, records));
  }

  /** Works on when a promise of user code has settled; until then nothing else may be started. */
  #after(pending: void | Promise<void>): void | Promise<void> {
    if (pending === undefined) return this.work();
    this.#serial++;
    return pending
      .finally(() => {
        this.#serial--;
      })
      .then(() => this.work());
  }

  /** Whether user code is awaited that nothing may overtake; calls of asynchronous operators may be. */
  get isBusy(): boolean {
    return this.#serial > 0;
  }

  #deliver(topic: string, records: readonly LogRecord[]): void | Promise<void> {
    for (const task of this.#readers.get(topic) ?? []) task.addRecords(topic, records);
    return this.globals.get(topic)?.update(records, 0);
  }

  /** Calls the wall-clock punctuators that are due, and works off what they have made. */
  punctuate(from = 0): void | Promise<void> {
    for (let index = from; index < this.#tasks.length; index++) {
      const fired = this.#tasks[index]!.punctuate();
      if (typeof fired !== 'number') return this.#after(fired.then(() => this.punctuate(index + 1)));
    }
    return this.work();
  }

  /** Lets every task work off what waits for it, and hands its results on, until nothing moves any more. */
  work(): void | Promise<void> {
    for (;;) {
      // A commit waits for calls that are under way: they are let come together first.
      const task = this.#tasks.find((one) => one.isReady || (one.needsCommit && !one.hasCalls));
      if (task === undefined) {
        const calling = this.#tasks.filter((one) => one.hasCalls);
        if (calling.length === 0) return;
        return Promise.race(calling.map((one) => one.nextResult())).then(() => this.work());
      }
      const done = task.process(1);
      const pending = typeof done === 'number' ? this.#finish(task) : done.then(() => this.#finish(task));
      if (pending !== undefined) return this.#after(pending);
    }
  }

  #finish(task: Task): void | Promise<void> {
    if (!task.hasCalls) return this.#commit(task);
  }

  #commit(task: Task): void | Promise<void> {
    const pending = task.drain();
    return pending === undefined ? this.#finishCommit(task) : pending.then(() => this.#finishCommit(task));
  }

  #finishCommit(task: Task): void | Promise<void> {
    const prepared = task.prepareCommit();
    const produced = this.topics.produce(prepared.records);
    for (const [index, { topic, records }] of produced.entries())
      this.#options.steps?.place(topic, [...prepared.records[index]!.records], records);
    const ends = new Map(
      produced
        .slice(0, prepared.changelogs)
        .map(({ topic, records }) => [topic, (records.at(-1)?.offset ?? -1) + 1] as const),
    );
    task.committed(prepared.offsets, ends, checkpoint, this.#options.now());
    for (const commit of prepared.offsets) this.#committed.set(commit.topic, commit);
    for (const [index, { topic, records }] of produced.entries()) {
      const pending = this.#deliver(topic, records);
      if (pending !== undefined) return pending.then(() => this.#deliverRest(produced.slice(index + 1)));
    }
  }

  async #deliverRest(
    produced: readonly { readonly topic: string; readonly records: LogRecord[] }[],
  ): Promise<void> {
    for (const { topic, records } of produced) await this.#deliver(topic, records);
  }

  async close(): Promise<void> {
    for (const task of this.#tasks) task.close();
    for (const { store } of this.stores.values()) await store.close();
  }
}

const checkpoint = (topicId: string, offset: number, store: StateStore): Checkpoint => ({
  topicId,
  offset,
  streamTime: store.streamTime,
});
