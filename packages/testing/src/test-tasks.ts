import type { LogRecord, OffsetCommit } from '@millrace/log-client';
import { type Checkpoint, openStore, type StateStore } from '@millrace/state-stores';
import type { Topology } from '@millrace/streams-core';
import {
  cacheBudget,
  changelogName,
  type DeserializationExceptionHandler,
  GlobalTable,
  realNames,
  resolveTopics,
  Task,
  TaskClock,
} from '@millrace/streams-core/runtime';
import { TestTopics } from './test-topics.ts';

type Part = Topology['subTopologies'][number];

/** A task's stores, and the clock that they and the task share. */
export interface TaskStores {
  readonly clock: TaskClock;
  readonly stores: ReadonlyMap<string, StateStore>;
}

export interface TestTasksOptions {
  readonly applicationId: string;
  readonly cacheMaxBytes: number;
  readonly emitIntervalMs: number;
  readonly deserializationExceptionHandler: DeserializationExceptionHandler;
  /** Wall-clock time in milliseconds. */
  readonly now: () => number;
  /** Stores that are open already, by sub-topology; the others are in memory. */
  readonly opened: ReadonlyMap<number, TaskStores>;
}

/** The tasks of a topology with one partition per topic, and the topics between them. Every record is committed at once. */
export class TestTasks {
  readonly topics: TestTopics;
  readonly globals: ReadonlyMap<string, GlobalTable>;
  readonly stores = new Map<string, { readonly store: StateStore; readonly clock: TaskClock }>();
  readonly #topology: Topology;
  readonly #options: TestTasksOptions;
  readonly #realName: (topic: string) => string;
  readonly #parts: readonly Part[];
  readonly #committed = new Map<string, OffsetCommit>();
  #tasks: Task[] = [];
  #readers = new Map<string, Task[]>();

  constructor(topology: Topology, options: TestTasksOptions) {
    this.#topology = topology;
    this.#options = options;
    const { applicationId } = options;
    this.#realName = realNames(topology, applicationId);
    this.topics = new TestTopics(
      new Set([...topology.stores.keys()].map((name) => changelogName(applicationId, name))),
    );
    const tables = GlobalTable.of(topology);
    this.globals = new Map(tables.map((table) => [table.topic.name, table]));
    for (const { store } of tables) this.stores.set(store.name, { store, clock: new TaskClock(0) });
    this.#parts = checkedParts(topology, applicationId);
    for (const part of this.#parts) this.#start(part, options.opened.get(part.id) ?? inMemory(part));
  }

  /** The topics that somebody reads. */
  get inputs(): readonly string[] {
    return [...this.#readers.keys(), ...this.globals.keys()];
  }

  get all(): readonly Task[] {
    return this.#tasks;
  }

  #start(part: Part, { clock, stores }: TaskStores): void {
    for (const store of stores.values()) this.stores.set(store.name, { store, clock });
    const inputs = part.sources.flatMap((source) =>
      source.topics.map(({ name }) => ({
        topic: name,
        committed: this.#committed.get(this.#realName(name)),
        startOffset: 0,
      })),
    );
    const { applicationId, cacheMaxBytes, emitIntervalMs, now } = this.#options;
    const task = new Task({
      id: { subTopology: part.id, partition: 0 },
      applicationId,
      topology: this.#topology,
      part,
      inputs,
      stores,
      globalStores: new Map([...this.globals.values()].map(({ store }) => [store.name, store])),
      clock,
      directory: { realName: this.#realName, partitions: () => 1 },
      lagOf: () => 0,
      onDeserializationError: this.#options.deserializationExceptionHandler,
      cacheBudget: cacheBudget(cacheMaxBytes),
      emitIntervalMs,
      now,
    });
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
    for (const part of this.#parts) {
      const fresh = inMemory(part);
      for (const [name, store] of fresh.stores) {
        for (const record of this.topics.kept(changelogName(this.#options.applicationId, name)))
          store.restore(record);
        store.committed(undefined, this.#options.now());
      }
      this.#start(part, fresh);
    }
  }

  /** Gives a record to whoever reads its topic. */
  pipe(topic: string, record: Omit<LogRecord, 'offset'>): void | Promise<void> {
    const records = this.topics.append(topic, [record]);
    this.#deliver(topic, records);
    return this.work();
  }

  #deliver(topic: string, records: readonly LogRecord[]): void {
    this.globals.get(topic)?.update(records);
    for (const task of this.#readers.get(topic) ?? []) task.addRecords(topic, records);
  }

  /** Calls the wall-clock punctuators that are due, and works off what they have made. */
  punctuate(from = 0): void | Promise<void> {
    for (let index = from; index < this.#tasks.length; index++) {
      const fired = this.#tasks[index]!.punctuate();
      if (typeof fired !== 'number') return fired.then(() => this.punctuate(index + 1));
    }
    return this.work();
  }

  /** Lets every task work off what waits for it, and hands its results on, until nothing moves any more. */
  work(): void | Promise<void> {
    for (;;) {
      const task = this.#tasks.find((one) => one.hasWaiting || one.needsCommit);
      if (task === undefined) return;
      const done = task.process(1);
      const pending = typeof done === 'number' ? this.#commit(task) : done.then(() => this.#commit(task));
      if (pending !== undefined) return pending.then(() => this.work());
    }
  }

  #commit(task: Task): void | Promise<void> {
    const pending = task.flushCaches();
    return pending === undefined ? this.#finishCommit(task) : pending.then(() => this.#finishCommit(task));
  }

  #finishCommit(task: Task): void {
    const prepared = task.prepareCommit();
    const produced = this.topics.produce(prepared.records);
    const bases = produced.map(({ records }) => records[0]?.offset ?? 0);
    task.committed(prepared, bases, checkpoint, this.#options.now());
    for (const commit of prepared.offsets) this.#committed.set(commit.topic, commit);
    for (const { topic, records } of produced) this.#deliver(topic, records);
  }

  async close(): Promise<void> {
    for (const task of this.#tasks) task.close();
    for (const { store } of this.stores.values()) await store.close();
  }
}

/** Every topic has one partition here; what is wrong whatever the partitions shows all the same. */
function checkedParts(topology: Topology, applicationId: string): Part[] {
  const { subTopologies, repartitionTopics } = topology;
  const external = subTopologies.flatMap((part) =>
    part.sources.flatMap((source) => source.topics.map(({ name }) => name)),
  );
  const counts = new Map(external.filter((name) => !repartitionTopics.has(name)).map((name) => [name, 1]));
  resolveTopics(onePartition(topology), applicationId, counts);
  return subTopologies.filter((part) => !part.global);
}

function inMemory(part: Part): TaskStores {
  const clock = new TaskClock(0);
  const timestamp = (): number => clock.timestamp;
  const stores = part.stores.map(
    (spec) => [spec.name, openStore(spec, { timestamp }) as StateStore] as const,
  );
  return { clock, stores: new Map(stores) };
}

const checkpoint = (topicId: string, offset: number, store: StateStore): Checkpoint => ({
  topicId,
  offset,
  streamTime: store.streamTime,
});

/** The topology with its repartition topics at one partition each: counts are for the runtime to check. */
function onePartition(topology: Topology): Topology {
  const repartitionTopics = new Map(
    [...topology.repartitionTopics.keys()].map((name) => [name, { name, partitions: 1 }]),
  );
  return Object.create(topology, { repartitionTopics: { value: repartitionTopics } }) as Topology;
}
