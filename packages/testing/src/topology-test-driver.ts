import { didYouMean, type LogRecord } from '@millrace/log-client';
import { joinPath } from '@millrace/log-client/platform';
import {
  type KeyValueStore,
  type PublicStore,
  type SessionStore,
  type TimestampedKeyValueStore,
  type VersionedStore,
  type WindowStore,
} from '@millrace/state-stores';
import { openStore, type StateStore } from '@millrace/state-stores/runtime';
import type { Queryable, StoreReference, StreamRecord, Topic, Topology } from '@millrace/streams-core';
import {
  addMetrics,
  type AppMetrics,
  noMetrics,
  checkingSpec,
  deadLetterTopicsOf,
  openQuery,
  storeNamed,
  TaskClock,
  taskName,
} from '@millrace/streams-core/runtime';
import type { TopologyRecorder } from './recording/topology-recorder.ts';
import { explain } from './steps/explain.ts';
import type { Explanation, ResultPlace } from './steps/explanation.ts';
import { handlersOf, noting, type TopologyTestDriverOptions } from './driver-options.ts';
import { onePartition } from './one-partition.ts';
import type { Step } from './steps/step.ts';
import { StepRecorder } from './steps/step-recorder.ts';
import { type TestInputOptions, TestInputTopic } from './test-input-topic.ts';
import { TestOutputTopic } from './test-output-topic.ts';
import type { OpenedStores } from './test-parts.ts';
import { TestTasks } from './test-tasks.ts';

/** What a topology has done so far under test. */
export type TestMetrics = AppMetrics;

/**
 * Runs a topology in a unit test: the same tasks, operators and stores as in production, with one partition
 * per topic, a clock of the test's own and no log. Synchronous as long as your code is; where it is not,
 * await `settled()` before you look at results. Every record is committed at once.
 */
export class TopologyTestDriver {
  readonly #topology: Topology;
  readonly #tasks: TestTasks;
  #wallClockMs: number;
  #pending: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #steps: StepRecorder | undefined;
  readonly #recorder: TopologyRecorder | undefined;
  /** Where results were read that a test has. */
  readonly #places = new WeakMap<object, ResultPlace>();

  /** Stores are in memory. For stores on disk use {@link TopologyTestDriver.open}. */
  constructor(topology: Topology, options: TopologyTestDriverOptions = {}) {
    this.#topology = topology;
    const { opened = new Map() } = options as WithOpenedStores;
    const steps = options.steps === true ? new StepRecorder(topology) : undefined;
    this.#steps = steps;
    this.#recorder = options.recorder;
    const handlers = handlersOf(options);
    this.#wallClockMs = options.initialWallClockMs ?? 0;
    this.#tasks = new TestTasks(topology, {
      applicationId: options.applicationId ?? 'test-app',
      cacheMaxBytes: options.cacheMaxBytes ?? 0,
      emitIntervalMs: options.emitIntervalMs ?? 0,
      ...(steps === undefined ? handlers : noting(handlers, steps)),
      steps,
      deadLetterTopics: deadLetterTopicsOf(Object.values(handlers), options.deadLetterTopics ?? []),
      now: () => this.#wallClockMs,
      opened,
    });
  }

  /** A driver whose persistent stores are on LevelDB, in folders below `stateDir`. */
  static async open(
    topology: Topology,
    { stateDir, ...options }: TopologyTestDriverOptions & { readonly stateDir: string },
  ): Promise<TopologyTestDriver> {
    const opened = new Map<number, OpenedStores>();
    for (const subTopology of topology.subTopologies.filter((one) => !one.global)) {
      const clock = new TaskClock(0);
      const stores = new Map<string, StateStore>();
      for (const spec of subTopology.stores) {
        const dir = joinPath(stateDir, taskName({ subTopology: subTopology.id, partition: 0 }), spec.name);
        stores.set(spec.name, await openStore(checkingSpec(spec), { dir, ...clock.current }));
      }
      opened.set(subTopology.id, { clock, stores });
    }
    const given: TopologyTestDriverOptions & WithOpenedStores = { ...options, opened };
    return new TopologyTestDriver(topology, given);
  }

  createInputTopic<K, V>(topic: Topic<K, V>, options: TestInputOptions = {}): TestInputTopic<K, V> {
    const { startTimestampMs = this.#wallClockMs, autoAdvanceMs = 0 } = options;
    return new TestInputTopic(topic, { startTimestampMs, autoAdvanceMs }, (name, record) =>
      this.#pipe(name, record),
    );
  }

  createOutputTopic<K, V>(topic: Topic<K, V>): TestOutputTopic<K, V> {
    const queue = (): LogRecord[] => {
      this.#assertSettled();
      this.#assertNotMisspelt(topic.name);
      return this.#tasks.topics.output(topic.name);
    };
    return new TestOutputTopic(topic, queue, (record, offset) => {
      this.#places.set(record, { topic: topic.name, offset });
    });
  }

  /** An empty list from a topic that nothing is written to would let a test pass. */
  #assertNotMisspelt(topic: string): void {
    if (this.#tasks.topics.producedNames.has(topic) || this.#tasks.reads(topic)) return;
    const sinks = [...this.#topology.nodes.values()].flatMap((node) =>
      node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : [],
    );
    const near = sinks.includes(topic) ? '' : didYouMean(topic, sinks);
    if (near === '') return;
    throw new Error(
      `The topology does not write to the topic "${topic}"; it writes to ${sinks.join(', ')}${near}`,
    );
  }

  #pipe(topic: string, record: Omit<LogRecord, 'offset'>): void {
    if (!this.#tasks.reads(topic)) {
      const { inputs } = this.#tasks;
      throw new Error(
        `The topology does not read the topic "${topic}"; it reads ${inputs.join(', ')}${didYouMean(topic, inputs)}`,
      );
    }
    this.#recorder?.add({ topic, partition: 0, record });
    this.#then(() => this.#tasks.pipe(topic, record));
  }

  /** Moves the wall clock forward and calls the punctuators that are due. */
  advanceWallClockTime(ms: number): void {
    if (ms < 0) throw new RangeError(`advanceWallClockTime: time cannot go back, got ${ms}`);
    this.#recorder?.add({ advanceMs: ms });
    this.#then(() => {
      this.#steps?.begin({ type: 'time', advancedMs: ms });
      this.#wallClockMs += ms;
      return this.#tasks.punctuate();
    });
  }

  /**
   * Ends every task and starts it again from what it has committed: offsets, times, and stores out of their
   * changelogs.
   */
  restart(): void {
    this.#recorder?.add({ restart: true });
    this.#then(() => {
      this.#steps?.begin({ type: 'restart' });
      this.#tasks.restart();
    });
  }

  /** Runs a step now, or after what is still under way. */
  #then(step: () => void | Promise<void>): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    const before = this.#pending;
    const started = before === undefined || !this.#tasks.isBusy ? step() : before.then(step);
    if (started === undefined) return;
    const all = before === undefined ? started : Promise.all([before, started]);
    const pending: Promise<void> = all.then(
      () => {
        if (this.#pending === pending) this.#pending = undefined;
      },
      (error: unknown) => {
        this.#failure ??= { error };
      },
    );
    this.#pending = pending;
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

  /**
   * What each record did, one step for each that was piped, each move of time and each restart.
   * @throws Error unless the driver was made with `steps: true`
   */
  get steps(): readonly Step[] {
    return this.#recordedSteps.steps;
  }

  get #recordedSteps(): StepRecorder {
    if (this.#steps !== undefined) return this.#steps;
    throw new Error(
      'This driver does not write down its steps: make it with new TopologyTestDriver(topology, { steps: true })',
    );
  }

  /**
   * Why a result is what it is: its way through the nodes, with the values they got, the rows it changed, and
   * what was left out in the same step. `result` is what `readRecord` gave, or where it stands. As a string
   * it is readable.
   * @throws Error for what is no result, or unless the driver was made with `steps: true`
   */
  explain(result: StreamRecord<unknown, unknown> | ResultPlace): Explanation {
    const recorder = this.#recordedSteps;
    const place = 'offset' in result ? result : this.#places.get(result);
    if (place === undefined) {
      throw new Error(
        'This record was not read from an output topic of this driver: give what readRecord or readRecordsToList returned, or { topic, offset }',
      );
    }
    const found = explain(this.#topology, recorder, place);
    if (found !== undefined) return found;
    throw new Error(`No step has written a record to ${place.topic} @ ${place.offset}`);
  }

  /** Every topic that has been written to, the topology's own included. */
  get producedTopicNames(): ReadonlySet<string> {
    return this.#tasks.topics.producedNames;
  }

  get metrics(): TestMetrics {
    return addMetrics(noMetrics, this.#tasks.all, this.#tasks.globallyDropped);
  }

  /** Records left out so far: null keys, late ones, unreadable ones. */
  get droppedRecords(): number {
    return this.metrics.droppedRecords;
  }

  #store(name: string): { readonly store: StateStore; readonly clock: TaskClock } {
    this.#assertSettled();
    const { stores } = this.#tasks;
    const found = stores.get(name);
    if (found !== undefined) return found;
    throw new Error(
      `The topology has no store "${name}"; it has ${[...stores.keys()].join(', ') || 'none'}${didYouMean(name, stores.keys())}`,
    );
  }

  /**
   * A store as a running app answers for it: see `StreamsApp.store`. Every record is committed at once.
   * @throws TopologyError `TOPOLOGY_STORE_MISSING`
   */
  store<T extends StoreReference>(reference: T): Queryable<T> {
    const spec = storeNamed(this.#topology.stores, reference);
    return openQuery(
      onePartition(spec, () => this.#store(spec.name).store),
      {},
    ) as Queryable<T>;
  }

  /** Any store, as user code has it. */
  getStateStore(name: string): PublicStore {
    return this.#store(name).store.face as PublicStore;
  }

  getKeyValueStore<K, V>(name: string): KeyValueStore<K, V> {
    return this.#store(name).store.face as KeyValueStore<K, V>;
  }

  getTimestampedKeyValueStore<K, V>(name: string): TimestampedKeyValueStore<K, V> {
    return (this.#store(name).store as StateStore & { readonly timestamped: TimestampedKeyValueStore<K, V> })
      .timestamped;
  }

  getVersionedKeyValueStore<K, V>(name: string): VersionedStore<K, V> {
    const { store } = this.#store(name);
    if (store.kind === 'versioned') return store.face as VersionedStore<K, V>;
    throw new Error(`Store "${name}" is not versioned: give its table a historyRetentionMs`);
  }

  /** Its entries have timestamps: `fetchEntry`, `fetchRange`. */
  getWindowStore<K, V>(name: string): WindowStore<K, V> {
    return this.#store(name).store.face as WindowStore<K, V>;
  }

  /** As `getWindowStore`: what it gives has timestamps in any case. */
  getTimestampedWindowStore<K, V>(name: string): WindowStore<K, V> {
    return this.getWindowStore(name);
  }

  getSessionStore<K, V>(name: string): SessionStore<K, V> {
    return this.#store(name).store.face as SessionStore<K, V>;
  }

  /** All stores as the runtime has them: with `takeChanges`, `flush` and `close`. */
  getAllStateStores(): ReadonlyMap<string, StateStore> {
    return new Map([...this.#tasks.stores].map(([name, { store }]) => [name, store]));
  }

  /** Closes processors and stores. Await it where stores are on disk. */
  close(): Promise<void> {
    return this.#tasks.close();
  }
}

/** How `open` hands its stores to the constructor, which cannot wait for them itself. */
interface WithOpenedStores {
  readonly opened?: ReadonlyMap<number, OpenedStores>;
}
