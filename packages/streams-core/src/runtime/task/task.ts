import type { CommittedOffset, LogRecord, OffsetCommit, PartitionRecords } from '@millrace/log-client';
import type { Checkpoint, StateStore } from '@millrace/state-stores';
import { changelogName } from '../../topology/internal-topics.ts';
import type { DropReason, ObservedTime } from '../../topology/operator.ts';
import type { Topology } from '../../topology/topology.ts';
import type { SubTopology } from '../../topology/sub-topologies.ts';
import type { DeserializationExceptionHandler } from '../handlers.ts';
import type { CacheBudget } from './change-cache.ts';
import { decodeMetadata, encodeMetadata } from './commit-metadata.ts';
import { type Linked, link } from './link.ts';
import { type LagOf, PartitionGroup } from './partition-group.ts';
import { Punctuations } from './punctuation.ts';
import { RecordCollector } from './record-collector.ts';
import { RecordQueue } from './record-queue.ts';
import { openSource } from './source-node.ts';
import { TaskClock } from './task-clock.ts';
import { type TaskId, taskName } from './task-id.ts';
import type { TopicDirectory } from './topic-directory.ts';

/** One of the task's inputs: where it goes on, and what was committed with that. */
export interface TaskInput {
  /** The topic as the topology knows it. */
  readonly topic: string;
  readonly committed: CommittedOffset | undefined;
  /** Where to start when nothing was committed. */
  readonly startOffset: number;
}

export interface TaskOptions {
  readonly id: TaskId;
  readonly applicationId: string;
  readonly topology: Topology;
  readonly part: SubTopology;
  readonly inputs: readonly TaskInput[];
  readonly stores: ReadonlyMap<string, StateStore>;
  readonly globalStores: ReadonlyMap<string, StateStore>;
  readonly clock: TaskClock;
  readonly directory: TopicDirectory;
  readonly lagOf: LagOf;
  readonly onDeserializationError: DeserializationExceptionHandler;
  /** For changes that may wait until the next commit; undefined: none wait. */
  readonly cacheBudget?: CacheBudget | undefined;
  /** Wall-clock time between results that wait for stream time to pass, in milliseconds. Default 0. */
  readonly emitIntervalMs?: number;
  /** Wall-clock time in milliseconds. */
  readonly now: () => number;
}

/** What one commit of a task is made of. */
export interface PreparedCommit {
  /** Changelogs first: so many of them. */
  readonly changelogs: number;
  readonly records: readonly PartitionRecords[];
  readonly offsets: readonly OffsetCommit[];
}

/**
 * A sub-topology at work on one partition: records in, changes and results collected until they are committed. It knows
 * no log; the runtime and the test driver feed it and take what it has made.
 */
export class Task {
  readonly id: TaskId;
  readonly name: string;
  readonly #options: TaskOptions;
  readonly #collector = new RecordCollector();
  readonly #clock: TaskClock;
  readonly #punctuations = new Punctuations();
  readonly #observedTimes = new Map<string, ObservedTime>();
  readonly #group: PartitionGroup;
  readonly #queues = new Map<string, RecordQueue>();
  readonly #linked: Linked;
  readonly #changelogs: ReadonlyMap<string, StateStore>;
  readonly #unlogged: readonly StateStore[];
  /** Records taken since the last commit, and calls of punctuators. */
  #work = 0;
  #dropped = 0;
  #late = 0;
  processed = 0;
  commitRequested = false;

  constructor(options: TaskOptions) {
    const { id, part, applicationId, topology, clock, directory } = options;
    this.id = id;
    this.name = taskName(id);
    this.#options = options;
    this.#clock = clock;
    const logged = part.stores.filter((spec) => spec.logging && !topology.globalStores.has(spec.name));
    this.#changelogs = new Map(
      logged.map(({ name }) => [changelogName(applicationId, name), options.stores.get(name)!]),
    );
    const inChangelogs = new Set(this.#changelogs.values());
    this.#unlogged = [...options.stores.values()].filter((store) => !inChangelogs.has(store));
    this.#recallTimes();
    const countDropped = (reason?: DropReason): void => {
      this.#dropped++;
      if (reason === 'late') this.#late++;
    };
    this.#linked = link({
      nodes: topology.nodes,
      part: part.nodes,
      applicationId,
      taskId: this.name,
      stores: new Map([...options.globalStores, ...options.stores]),
      specs: topology.stores,
      cacheBudget: options.cacheBudget,
      emitIntervalMs: options.emitIntervalMs ?? 0,
      globalStores: topology.globalStores,
      collector: this.#collector,
      directory,
      clock,
      punctuations: this.#punctuations,
      observedTimes: this.#observedTimes,
      now: options.now,
      dropped: countDropped,
      requestCommit: () => {
        this.commitRequested = true;
      },
    });
    for (const source of part.sources) {
      for (const topic of source.topics) {
        const input = options.inputs.find((one) => one.topic === topic.name);
        if (input === undefined) continue;
        const realName = directory.realName(topic.name);
        const deserialize = openSource({
          node: source.name,
          topic,
          realName,
          partition: id.partition,
          onError: options.onDeserializationError,
          collector: this.#collector,
          directory,
          dropped: countDropped,
        });
        const position = input.committed?.offset ?? input.startOffset;
        const entry = this.#linked.entries.get(source.name)!;
        const queue = new RecordQueue(realName, id.partition, position, deserialize, entry);
        queue.partitionTime = decodeMetadata(input.committed?.metadata ?? '').partitionTime;
        this.#queues.set(realName, queue);
      }
    }
    this.#group = new PartitionGroup([...this.#queues.values()], options.lagOf);
  }

  /** Times only grow, so the largest of what the partitions' commits say is the latest. */
  #recallTimes(): void {
    for (const { committed } of this.#options.inputs) {
      const { streamTime, operators } = decodeMetadata(committed?.metadata ?? '');
      this.#clock.streamTime = Math.max(this.#clock.streamTime, streamTime);
      for (const [node, time] of operators) {
        const known = this.#observedTimes.get(node);
        if (known === undefined) this.#observedTimes.set(node, { value: time });
        else known.value = Math.max(known.value, time);
      }
    }
  }

  get streamTime(): number {
    return this.#clock.streamTime;
  }

  /** The inputs by real topic name, with their next offsets. */
  get positions(): readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }[] {
    return [...this.#queues.values()].map(({ topic, partition, position }) => ({
      topic,
      partition,
      offset: position,
    }));
  }

  addRecords(topic: string, records: readonly LogRecord[]): void {
    this.#queues.get(topic)?.push(records);
  }

  /** How many records of an input wait. */
  waiting(topic: string): number {
    return this.#queues.get(topic)?.waiting ?? 0;
  }

  get hasWaiting(): boolean {
    for (const queue of this.#queues.values()) if (queue.head !== undefined) return true;
    return false;
  }

  /** Bytes that wait for the next commit. */
  get uncommittedBytes(): number {
    return this.#collector.bytes;
  }

  get needsCommit(): boolean {
    return this.#work > 0 || this.#collector.count > 0;
  }

  /** Takes up to `limit` records, in order. A promise only where user code made one. Returns how many there were. */
  process(limit: number): number | Promise<number> {
    this.#group.refresh();
    return this.#processFrom(0, limit);
  }

  #processFrom(start: number, limit: number): number | Promise<number> {
    for (let done = start; done < limit; done++) {
      const queue = this.#group.next();
      if (queue === undefined) return done;
      const pending = this.#processOne(queue);
      if (pending !== undefined) return pending.then(() => this.#processFrom(done + 1, limit));
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
    const advanced = record.timestamp > clock.streamTime;
    if (advanced) clock.streamTime = record.timestamp;
    this.#work++;
    this.processed++;
    const pending = queue.entry(record);
    if (pending !== undefined) return pending.then(() => this.#finishOne(queue, advanced));
    return this.#finishOne(queue, advanced);
  }

  #finishOne(queue: RecordQueue, advanced: boolean): void | Promise<void> {
    this.#clock.topic = undefined;
    queue.take();
    if (!advanced || !this.#punctuations.any) return;
    const fired = this.#fire('stream-time', this.#clock.streamTime);
    if (typeof fired !== 'number') return fired.then(() => {});
  }

  /** Calls the wall-clock punctuators that are due. Returns how many. */
  punctuate(): number | Promise<number> {
    return this.#punctuations.any ? this.#fire('wall-clock-time', this.#options.now()) : 0;
  }

  #fire(type: 'stream-time' | 'wall-clock-time', time: number): number | Promise<number> {
    this.#clock.timestamp = time;
    const fired = this.#punctuations.fire(type, time);
    if (typeof fired === 'number') {
      this.#work += fired;
      return fired;
    }
    return fired.then((count) => {
      this.#work += count;
      return count;
    });
  }

  /** Whether a store would like to write to disk after the next commit: wait for that one before processing on. */
  wantsFlush(now: number): boolean {
    for (const store of this.#options.stores.values()) if (store.wantsFlush(now)) return true;
    return false;
  }

  /** Records left out: null keys, late ones, unreadable ones. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Of those the ones that were too late for their windows. */
  get late(): number {
    return this.#late;
  }

  /** Sends on the changes that wait for the next commit. */
  flushCaches(): void | Promise<void> {
    return this.#linked.flushCaches();
  }

  /** Moves stream time on without a record: windows close, what waits for time goes on. */
  advanceTime(streamTime: number): void | Promise<void> {
    if (streamTime <= this.#clock.streamTime) return;
    this.#clock.streamTime = streamTime;
    this.#clock.timestamp = streamTime;
    this.#work++;
    return this.#linked.advanceTime(streamTime);
  }

  /** Everything since the last commit: changelogs first, then results, with the offsets they go with. */
  prepareCommit(): PreparedCommit {
    const changes = this.#takeChangelogs();
    const records = [...changes, ...this.#collector.take()];
    this.#work = 0;
    this.commitRequested = false;
    return { changelogs: changes.length, records, offsets: this.#offsets() };
  }

  #takeChangelogs(): PartitionRecords[] {
    const { partition } = this.id;
    const taken: PartitionRecords[] = [];
    for (const [topic, store] of this.#changelogs) {
      const records = store.takeChanges();
      if (records.length > 0) taken.push({ topic, partition, records });
    }
    for (const store of this.#unlogged) store.takeChanges();
    return taken;
  }

  #offsets(): OffsetCommit[] {
    return [...this.#queues.values()].map(({ topic, partition, position, partitionTime }) => ({
      topic,
      partition,
      offset: position,
      metadata: encodeMetadata(partitionTime, this.#clock.streamTime, this.#observedTimes),
    }));
  }

  /**
   * The commit stands. `baseOffsets` are the offsets its record lists got; `checkpoint` makes a store's checkpoint out
   * of its changelog's next offset.
   */
  committed(
    { changelogs, records }: PreparedCommit,
    baseOffsets: readonly number[],
    checkpoint: (topic: string, nextOffset: number, store: StateStore) => Checkpoint | undefined,
    now: number,
  ): void {
    for (let index = 0; index < changelogs; index++) {
      const { topic, records: changes } = records[index]!;
      const store = this.#changelogs.get(topic)!;
      store.committed(checkpoint(topic, baseOffsets[index]! + changes.length, store), now);
    }
    for (const store of this.#unlogged) store.committed(undefined, now);
  }

  /** The stores with a changelog, by its topic. */
  get changelogs(): ReadonlyMap<string, StateStore> {
    return this.#changelogs;
  }

  get stores(): ReadonlyMap<string, StateStore> {
    return this.#options.stores;
  }

  /** Stops user code; the stores are closed by whoever opened them. */
  close(): void {
    this.#linked.close();
  }
}
