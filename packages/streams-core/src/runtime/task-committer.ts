import type { GroupMember, LogClient, LogProducer, OffsetCommit } from '@millrace/log-client';
import type { Checkpoint, StateStore } from '@millrace/state-stores';
import { ChangelogAge } from './changelog-age.ts';
import type { ResolvedConfig } from './config.ts';
import type { Task } from './task/task.ts';
import type { PreparedCommit } from './task/task-options.ts';

/** The name of the producer that serves all tasks. */
const shared = '';

/**
 * Commits tasks: what they made and how far they have read go to the log together, and only then may their stores write
 * to disk. Exactly once in one transaction; at least once results first, offsets after.
 */
export class TaskCommitter {
  readonly #log: LogClient;
  readonly #group: string;
  readonly #exactlyOnce: boolean;
  readonly #producers = new Map<string, LogProducer>();
  readonly #inFlight = new Map<Task, Promise<void>>();
  readonly #topicIds = new Map<string, string>();
  readonly #age = new ChangelogAge();
  /** Each store's next changelog offset, as of its last commit. */
  readonly #positions = new WeakMap<StateStore, Checkpoint>();

  readonly #onCommitted: (offsets: readonly OffsetCommit[]) => void;

  constructor(
    { log, applicationId, processingGuarantee }: ResolvedConfig,
    onCommitted: (offsets: readonly OffsetCommit[]) => void,
  ) {
    this.#onCommitted = onCommitted;
    this.#log = log;
    this.#group = applicationId;
    this.#exactlyOnce = processingGuarantee === 'exactly_once';
  }

  /**
   * Makes sure that nobody else commits for these tasks any more. It comes before anything of them is read: what they have
   * committed cannot change after it.
   */
  async fence(tasks: readonly string[]): Promise<void> {
    if (this.#sharesProducer) {
      if (!this.#producers.has(shared)) this.#producers.set(shared, await this.#log.producer({}));
      return;
    }
    await Promise.all(
      tasks.map(async (name) => {
        await this.#producers.get(name)?.close();
        const transactionalId = `${this.#group}-${name}`;
        this.#producers.set(name, await this.#log.producer({ transactionalId }));
      }),
    );
  }

  /** Learns which topics a task's stores come back from. */
  async prepare(task: Task): Promise<void> {
    const { changelogs, sourced } = task.stores;
    const topics = [...changelogs.keys(), ...sourced.map(({ topic }) => topic)];
    for (const [topic, info] of await this.#log.admin.topics(topics)) {
      this.#topicIds.set(topic, info.id);
      if (this.#log.capabilities.deletesByAge && changelogs.has(topic)) this.#age.watch(info);
    }
  }

  /** One producer serves all tasks where commits carry the group's generation; else each task has its own, which fences. */
  get #sharesProducer(): boolean {
    return !this.#exactlyOnce || this.#log.capabilities.groupFencedOffsets;
  }

  /**
   * Commits everything the task has done so far; it may process on meanwhile. Commits of one task follow each other.
   * @throws LogError `LOG_FENCED` when the task has gone to another instance
   */
  commit(task: Task, member: GroupMember): Promise<void> {
    const previous = this.#inFlight.get(task);
    const commit =
      previous === undefined ? this.#commit(task, member) : previous.then(() => this.#commit(task, member));
    const tracked = commit.finally(() => {
      if (this.#inFlight.get(task) === tracked) this.#inFlight.delete(task);
    });
    this.#inFlight.set(task, tracked);
    return tracked;
  }

  /** Whether a commit of the task is under way. */
  isCommitting(task: Task): boolean {
    return this.#inFlight.has(task);
  }

  /** Waits for commits of these tasks that are under way, however they end. */
  async settle(tasks: readonly Task[]): Promise<void> {
    await Promise.allSettled(tasks.map((task) => this.#inFlight.get(task) ?? Promise.resolve()));
  }

  async #commit(task: Task, member: GroupMember): Promise<void> {
    const pending = task.settle();
    if (pending !== undefined) await pending;
    const prepared = task.prepareCommit();
    this.#age.check(prepared.records, Date.now());
    const producer = this.#producers.get(this.#sharesProducer ? shared : task.name)!;
    const offsets = { group: this.#group, member: member.generation, commits: prepared.offsets };
    if (this.#exactlyOnce) {
      this.#settle(task, prepared, await producer.commit({ records: prepared.records, offsets }));
    } else {
      this.#settle(task, prepared, await producer.send(prepared.records));
      await member.commit(prepared.offsets);
    }
    this.#onCommitted(prepared.offsets);
  }

  #settle(task: Task, prepared: PreparedCommit, baseOffsets: readonly number[]): void {
    const checkpoint = (topic: string, offset: number, store: StateStore): Checkpoint => {
      const position = { topicId: this.#topicIds.get(topic)!, offset, streamTime: store.streamTime };
      this.#positions.set(store, position);
      return position;
    };
    task.committed(prepared, baseOffsets, checkpoint, Date.now());
  }

  /** Writes a store of a task that has committed everything to disk, with the changelog offset it stands at. */
  async flush(task: Task, store: StateStore): Promise<void> {
    const { changelogs, sourced } = task.stores;
    const [changelog] = [...changelogs].find(([, one]) => one === store) ?? [];
    const source = sourced.find((one) => one.store === store)?.topic;
    const topic = changelog ?? source;
    if (topic === undefined) return store.flush(undefined);
    const position = this.#positions.get(store) ?? (await this.#end(topic, task, store));
    await store.flush(position);
  }

  /** A store that changed nothing since it was restored stands at the end of its changelog, or where its source is read on. */
  async #end(topic: string, task: Task, store: StateStore): Promise<Checkpoint> {
    const [range] = await this.#log.admin.offsets([{ topic, partition: task.id.partition }]);
    const read = task.positions.find((position) => position.topic === topic)?.offset;
    return { topicId: this.#topicIds.get(topic)!, offset: read ?? range!.end, streamTime: store.streamTime };
  }

  /** Waits for commits that are under way, however they end, and closes the producers. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#inFlight.values());
    for (const producer of this.#producers.values()) await producer.close();
    this.#producers.clear();
  }
}
