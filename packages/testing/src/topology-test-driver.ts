import path from 'node:path';
import type { LogRecord } from '@millrace/log-client';
import {
  type Checkpoint,
  type KeyValueStore,
  KeyValueFacade,
  type KeyValueView,
  openStore,
  type StateStore,
  type WindowView,
} from '@millrace/state-stores';
import type { Topic, Topology } from '@millrace/streams-core';
import {
  type DeserializationExceptionHandler,
  failOnDeserializationError,
  GlobalTable,
  realNames,
  resolveTopics,
  Task,
  TaskClock,
  type TopicDirectory,
  taskName,
} from '@millrace/streams-core/runtime';
import { type TestInputOptions, TestInputTopic } from './test-input-topic.ts';
import { TestOutputTopic } from './test-output-topic.ts';
import { TestTopics } from './test-topics.ts';

export interface TopologyTestDriverOptions {
  /** Default `test-app`. */
  readonly applicationId?: string;
  /** Where the wall clock starts, in milliseconds. Default 0. */
  readonly initialWallClockMs?: number;
  readonly deserializationExceptionHandler?: DeserializationExceptionHandler;
}

type Part = Topology['subTopologies'][number];

/**
 * Runs a topology in a unit test: the same tasks, operators and stores as in production, with one partition per topic,
 * a clock of the test's own and no log. Synchronous as long as your code is; where it is not, await `settled()` before
 * you look at results. Every record is committed at once.
 */
export class TopologyTestDriver {
  readonly #topology: Topology;
  readonly #options: Required<TopologyTestDriverOptions>;
  readonly #topics = new TestTopics();
  readonly #realName: (topic: string) => string;
  readonly #tasks: Task[] = [];
  readonly #readers = new Map<string, Task[]>();
  readonly #stores = new Map<string, { readonly store: StateStore; readonly clock: TaskClock }>();
  readonly #globals: ReadonlyMap<string, GlobalTable>;
  #wallClockMs: number;
  #pending: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** Stores are in memory. For stores on disk use {@link TopologyTestDriver.open}. */
  constructor(topology: Topology, options: TopologyTestDriverOptions = {}) {
    this.#topology = topology;
    this.#options = {
      applicationId: 'test-app',
      initialWallClockMs: 0,
      deserializationExceptionHandler: failOnDeserializationError,
      ...options,
    };
    this.#wallClockMs = this.#options.initialWallClockMs;
    this.#realName = realNames(topology, this.#options.applicationId);
    const tables = GlobalTable.of(topology);
    this.#globals = new Map(tables.map((table) => [table.topic.name, table]));
    for (const { store } of tables) this.#stores.set(store.name, { store, clock: new TaskClock(0) });
    const { opened } = options as WithOpenedStores;
    for (const part of this.#checkedParts()) this.#startTask(part, opened?.get(part.id));
  }

  /** A driver whose persistent stores are on LevelDB, in folders below `stateDir`. */
  static async open(
    topology: Topology,
    { stateDir, ...options }: TopologyTestDriverOptions & { readonly stateDir: string },
  ): Promise<TopologyTestDriver> {
    const opened: OpenedStores = new Map();
    for (const part of topology.subTopologies.filter((one) => !one.global)) {
      const clock = new TaskClock(0);
      const stores = new Map<string, StateStore>();
      for (const spec of part.stores) {
        const dir = path.join(stateDir, taskName({ subTopology: part.id, partition: 0 }), spec.name);
        stores.set(spec.name, await openStore(spec, { dir, timestamp: () => clock.timestamp }));
      }
      opened.set(part.id, { clock, stores });
    }
    const given: TopologyTestDriverOptions & WithOpenedStores = { ...options, opened };
    return new TopologyTestDriver(topology, given);
  }

  /** Every topic has one partition here; what is wrong whatever the partitions shows all the same. */
  #checkedParts(): Part[] {
    const { subTopologies, repartitionTopics } = this.#topology;
    const external = subTopologies.flatMap((part) =>
      part.sources.flatMap((source) => source.topics.map(({ name }) => name)),
    );
    const counts = new Map(external.filter((name) => !repartitionTopics.has(name)).map((name) => [name, 1]));
    resolveTopics(onePartition(this.#topology), this.#options.applicationId, counts);
    return subTopologies.filter((part) => !part.global);
  }

  #startTask(part: Part, opened: TaskStores | undefined): void {
    const clock = opened?.clock ?? new TaskClock(0);
    const stores = opened?.stores ?? inMemory(part, clock);
    for (const store of stores.values()) this.#stores.set(store.name, { store, clock });
    const directory: TopicDirectory = { realName: this.#realName, partitions: () => 1 };
    const inputs = part.sources.flatMap((source) =>
      source.topics.map(({ name }) => ({ topic: name, committed: undefined, startOffset: 0 })),
    );
    const task = new Task({
      id: { subTopology: part.id, partition: 0 },
      applicationId: this.#options.applicationId,
      topology: this.#topology,
      part,
      inputs,
      stores,
      globalStores: new Map([...this.#globals.values()].map(({ store }) => [store.name, store])),
      clock,
      directory,
      lagOf: () => 0,
      onDeserializationError: this.#options.deserializationExceptionHandler,
      now: () => this.#wallClockMs,
    });
    this.#tasks.push(task);
    for (const { topic } of task.positions)
      this.#readers.set(topic, [...(this.#readers.get(topic) ?? []), task]);
  }

  createInputTopic<K, V>(topic: Topic<K, V>, options: TestInputOptions = {}): TestInputTopic<K, V> {
    const { startTimestampMs = this.#wallClockMs, autoAdvanceMs = 0 } = options;
    return new TestInputTopic(topic, { startTimestampMs, autoAdvanceMs }, (name, record) =>
      this.#pipe(name, record),
    );
  }

  createOutputTopic<K, V>(topic: Topic<K, V>): TestOutputTopic<K, V> {
    return new TestOutputTopic(topic, () => {
      this.#assertSettled();
      return this.#topics.output(topic.name);
    });
  }

  #pipe(topic: string, record: Omit<LogRecord, 'offset'>): void {
    const global = this.#globals.get(topic);
    const readers = this.#readers.get(topic) ?? [];
    if (global === undefined && readers.length === 0) {
      throw new Error(
        `The topology does not read the topic "${topic}"; it reads ${[...this.#readers.keys(), ...this.#globals.keys()].join(', ')}`,
      );
    }
    this.#then(() => {
      const records = this.#topics.append(topic, [record]);
      global?.update(records);
      for (const task of readers) task.addRecords(topic, records);
      return this.#work();
    });
  }

  /** Moves the wall clock forward and calls the punctuators that are due. */
  advanceWallClockTime(ms: number): void {
    if (ms < 0) throw new RangeError(`advanceWallClockTime: time cannot go back, got ${ms}`);
    this.#then(() => {
      this.#wallClockMs += ms;
      return this.#punctuate(0);
    });
  }

  /** Runs a step now, or after what is still under way. */
  #then(step: () => void | Promise<void>): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    const started = this.#pending === undefined ? step() : this.#pending.then(step);
    if (started === undefined) return;
    const pending: Promise<void> = started.then(
      () => {
        if (this.#pending === pending) this.#pending = undefined;
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#pending = pending;
  }

  #punctuate(from: number): void | Promise<void> {
    for (let index = from; index < this.#tasks.length; index++) {
      const fired = this.#tasks[index]!.punctuate();
      if (typeof fired !== 'number') return fired.then(() => this.#punctuate(index + 1));
    }
    return this.#work();
  }

  /** Lets every task work off what waits for it, and hands its results on, until nothing moves any more. */
  #work(): void | Promise<void> {
    for (;;) {
      const task = this.#tasks.find((one) => one.hasWaiting || one.needsCommit);
      if (task === undefined) return;
      const done = task.process(1);
      if (typeof done !== 'number') return done.then(() => this.#commit(task)).then(() => this.#work());
      this.#commit(task);
    }
  }

  #commit(task: Task): void {
    const prepared = task.prepareCommit();
    const produced = this.#topics.produce(prepared.records);
    const bases = produced.map(({ records }) => records[0]?.offset ?? 0);
    task.committed(prepared, bases, checkpoint, this.#wallClockMs);
    for (const { topic, records } of produced) {
      this.#globals.get(topic)?.update(records);
      for (const reader of this.#readers.get(topic) ?? []) reader.addRecords(topic, records);
    }
  }

  /** Resolves when everything piped so far has been worked off. @throws what a processor threw */
  async settled(): Promise<void> {
    while (this.#pending !== undefined && this.#failure === undefined) await this.#pending;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #assertSettled(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#pending !== undefined) {
      throw new Error(
        'The topology runs asynchronous code that has not finished: await driver.settled() first',
      );
    }
  }

  /** Every topic that has been written to, the topology's own included. */
  get producedTopicNames(): ReadonlySet<string> {
    return this.#topics.producedNames;
  }

  /** Records left out so far: null keys, late ones, unreadable ones. */
  get droppedRecords(): number {
    return this.#tasks.reduce((sum, task) => sum + task.dropped, 0);
  }

  #store(name: string): { readonly store: StateStore; readonly clock: TaskClock } {
    this.#assertSettled();
    const found = this.#stores.get(name);
    if (found !== undefined) return found;
    throw new Error(
      `The topology has no store "${name}"; it has ${[...this.#stores.keys()].join(', ') || 'none'}`,
    );
  }

  getKeyValueStore<K, V>(name: string): KeyValueStore<K, V> {
    const { store, clock } = this.#store(name);
    return new KeyValueFacade(store as KeyValueView<K, V>, () => clock.timestamp);
  }

  getTimestampedKeyValueStore<K, V>(name: string): KeyValueView<K, V> {
    return this.#store(name).store as KeyValueView<K, V>;
  }

  getWindowStore<K, V>(name: string): WindowView<K, V> {
    return this.#store(name).store as WindowView<K, V>;
  }

  getAllStateStores(): ReadonlyMap<string, StateStore> {
    return new Map([...this.#stores].map(([name, { store }]) => [name, store]));
  }

  /** Closes processors and stores. Await it where stores are on disk. */
  async close(): Promise<void> {
    for (const task of this.#tasks) task.close();
    for (const { store } of this.#stores.values()) await store.close();
  }
}

interface TaskStores {
  readonly clock: TaskClock;
  readonly stores: ReadonlyMap<string, StateStore>;
}

type OpenedStores = Map<number, TaskStores>;

/** How `open` hands its stores to the constructor, which cannot wait for them itself. */
interface WithOpenedStores {
  readonly opened?: OpenedStores;
}

function inMemory(part: Part, clock: TaskClock): Map<string, StateStore> {
  return new Map(
    part.stores.map((spec) => [
      spec.name,
      openStore(spec, { timestamp: () => clock.timestamp }) as StateStore,
    ]),
  );
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
