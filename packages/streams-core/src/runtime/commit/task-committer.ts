import type { GroupMember, LogClient, LogProducer, OffsetCommit } from '@millrace/log-client';
import type { Checkpoint, StateStore } from '@millrace/state-stores/runtime';
import { ChangelogRetentionCheck } from '../topics/changelog-retention-check.ts';
import type { ResolvedConfig } from '../config.ts';
import type { Task } from '../task/task.ts';
import { Delivery } from './delivery.ts';
import { inTransactions, type PreparedTask, transactionOf } from './joined-commit.ts';
import type { PreparedCommit, TaskOutput } from '../task/task-options.ts';
import type { TopicDirectory } from '../task/topic-directory.ts';

/**
 * Commits tasks: what they made and how far they have read go to the log together, and only then may their
 * stores write to disk. Exactly once in one transaction; at least once results first, offsets after.
 */
export class TaskCommitter {
  readonly #log: LogClient;
  readonly #group: string;
  readonly #exactlyOnce: boolean;
  #producer: LogProducer | undefined;
  readonly #inFlight = new Map<Task, Promise<void>>();
  readonly #topicIds = new Map<string, string>();
  readonly #age: ChangelogRetentionCheck;
  readonly #delivering: Delivery;
  /** How far the changelogs of a task have got since its last commit. */
  readonly #changelogEnds = new Map<Task, Map<string, number>>();
  /** What a send of a task failed with. */
  readonly #failures = new Map<Task, unknown>();
  /** Each store's next changelog offset, as of its last commit. */
  readonly #positions = new WeakMap<StateStore, Checkpoint>();

  readonly #onCommitted: (offsets: readonly OffsetCommit[]) => void;

  constructor(
    { log, applicationId, processingGuarantee, productionExceptionHandler, logger }: ResolvedConfig,
    onCommitted: (offsets: readonly OffsetCommit[]) => void,
    directory: TopicDirectory,
  ) {
    this.#age = new ChangelogRetentionCheck(logger);
    this.#delivering = new Delivery(productionExceptionHandler, directory);
    this.#onCommitted = onCommitted;
    this.#log = log;
    this.#group = applicationId;
    this.#exactlyOnce = processingGuarantee === 'exactly_once';
  }

  /** Gets ready to commit. One producer serves all tasks: the group fences who has lost them. */
  async open(): Promise<void> {
    this.#producer ??= await this.#log.producer({ name: this.#group });
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

  /**
   * Commits everything the task has done so far; it may process on meanwhile. Commits of one task follow each
   * other.
   * @throws LogError `LOG_FENCED` when the task has gone to another instance
   */
  commit(task: Task, member: GroupMember): Promise<void> {
    const previous = this.#inFlight.get(task);
    const commit =
      previous === undefined ? this.#commit(task, member) : previous.then(() => this.#commit(task, member));
    return this.#tracked([task], commit);
  }

  /**
   * As `commit`, of several tasks: exactly once in one transaction, as a thread's tasks are in Kafka Streams
   * (KIP-447). A task that is not ready at once gets one of its own. Resolves once
   * all are over. @throws what the first that failed was rejected with
   */
  async commitAll(tasks: readonly Task[], member: GroupMember): Promise<void> {
    const ready: PreparedTask[] = [];
    const commits: Promise<void>[] = [];
    for (const task of tasks) {
      if (!this.#exactlyOnce || this.#inFlight.has(task)) {
        commits.push(this.commit(task, member));
        continue;
      }
      try {
        const pending = task.drain();
        if (pending === undefined) ready.push({ task, commit: task.prepareCommit() });
        else
          commits.push(
            this.#tracked(
              [task],
              pending.then(() => this.#commitDrained(task, member)),
            ),
          );
      } catch (error) {
        commits.push(Promise.reject(error as Error));
      }
    }
    for (const some of inTransactions(ready)) {
      const joined = some.map(({ task }) => task);
      commits.push(this.#tracked(joined, this.#commitTransaction(some, member)));
    }
    for (const outcome of await Promise.allSettled(commits))
      if (outcome.status === 'rejected') throw outcome.reason;
  }

  #tracked(tasks: readonly Task[], commit: Promise<void>): Promise<void> {
    const tracked = commit.finally(() => {
      for (const task of tasks) if (this.#inFlight.get(task) === tracked) this.#inFlight.delete(task);
    });
    for (const task of tasks) this.#inFlight.set(task, tracked);
    return tracked;
  }

  /** Whether a commit of the task is under way. */
  isCommitting(task: Task): boolean {
    return this.#inFlight.has(task);
  }

  /** Where a store's changelog stood after its last commit; undefined before the first. */
  positionOf(store: StateStore): Checkpoint | undefined {
    return this.#positions.get(store);
  }

  /** Waits for commits of these tasks that are under way, however they end. */
  async awaitCommits(tasks: readonly Task[]): Promise<void> {
    await Promise.allSettled(tasks.map((task) => this.#inFlight.get(task) ?? Promise.resolve()));
  }

  /**
   * At least once: whether results and changelogs go out before the commit of the offsets that go with them.
   */
  get sendsEarly(): boolean {
    return !this.#exactlyOnce;
  }

  /**
   * Sends what a task has made, without its offsets; at most one send of a task is under way, so that what
   * comes meanwhile goes with the next one. A failure is thrown by the commit that follows.
   */
  send(task: Task): void {
    if (!task.needsCommit || this.#inFlight.has(task)) return;
    const sent = this.#sendOutput(task, task.takeOutput()).finally(() => {
      if (this.#inFlight.get(task) === sent) this.#inFlight.delete(task);
    });
    // The next commit waits for it, and throws this.
    sent.catch((error: unknown) => this.#failures.set(task, error));
    this.#inFlight.set(task, sent);
  }

  async #sendOutput(task: Task, output: TaskOutput): Promise<void> {
    if (output.records.length === 0) return;
    const { records } = output;
    const delivered = await this.#delivering.run(output, (left) => this.#producer!.send(left));
    this.#noteEnds(task, { ...output, records: delivered.records }, delivered.baseOffsets);
    this.#age.check(records, Date.now());
  }

  /** Notes how far the changelogs of a task have got. */
  #noteEnds(task: Task, { changelogs, records }: TaskOutput, baseOffsets: readonly number[]): void {
    const ends = this.#changelogEnds.get(task) ?? new Map<string, number>();
    this.#changelogEnds.set(task, ends);
    for (let index = 0; index < changelogs; index++) {
      const { topic, records: list } = records[index]!;
      ends.set(topic, baseOffsets[index]! + list.length);
    }
  }

  async #commit(task: Task, member: GroupMember): Promise<void> {
    const pending = task.drain();
    if (pending !== undefined) await pending;
    await this.#commitDrained(task, member);
  }

  async #commitDrained(task: Task, member: GroupMember): Promise<void> {
    if (this.#failures.has(task)) throw this.#failures.get(task);
    const commit = task.prepareCommit();
    if (this.#exactlyOnce) return this.#commitTransaction([{ task, commit }], member);
    await this.#sendOutput(task, commit);
    await member.commit(commit.offsets);
    this.#noteCommitted(task, commit);
  }

  async #commitTransaction(prepared: readonly PreparedTask[], member: GroupMember): Promise<void> {
    const { changelogs, records, commits } = transactionOf(prepared);
    this.#age.check(records, Date.now());
    const offsets = { group: this.#group, member: member.generation, commits };
    const delivered = await this.#delivering.run({ changelogs, records }, (left) =>
      this.#producer!.commit({ records: left, offsets }),
    );
    let from = 0;
    for (const { task, commit } of prepared) {
      const to = from + commit.changelogs;
      const ownRecords = delivered.records.slice(from, to);
      this.#noteEnds(task, { ...commit, records: ownRecords }, delivered.baseOffsets.slice(from, to));
      this.#noteCommitted(task, commit);
      from = to;
    }
  }

  #noteCommitted(task: Task, prepared: PreparedCommit): void {
    const checkpoint = (topic: string, offset: number, store: StateStore): Checkpoint => {
      const position = { topicId: this.#topicIds.get(topic)!, offset, streamTime: store.streamTime };
      this.#positions.set(store, position);
      return position;
    };
    const ends = this.#changelogEnds.get(task) ?? new Map<string, number>();
    this.#changelogEnds.delete(task);
    task.committed(prepared.offsets, ends, checkpoint, Date.now());
    this.#onCommitted(prepared.offsets);
  }

  /**
   * Writes a store of a task that has committed everything to disk, with the changelog offset it stands at.
   */
  async flush(task: Task, store: StateStore): Promise<void> {
    const { changelogs, sourced } = task.stores;
    const [changelog] = [...changelogs].find(([, one]) => one === store) ?? [];
    const source = sourced.find((one) => one.store === store)?.topic;
    const topic = changelog ?? source;
    if (topic === undefined) return store.flush(undefined);
    const position = this.#positions.get(store) ?? (await this.#end(topic, task, store));
    await store.flush(position);
  }

  /**
   * A store that changed nothing since it was restored stands at the end of its changelog, or where its
   * source is read on.
   */
  async #end(topic: string, task: Task, store: StateStore): Promise<Checkpoint> {
    const [range] = await this.#log.admin.offsets([{ topic, partition: task.id.partition }]);
    const read = task.positions.find((position) => position.topic === topic)?.offset;
    return { topicId: this.#topicIds.get(topic)!, offset: read ?? range!.end, streamTime: store.streamTime };
  }

  /** Waits for commits that are under way, however they end, and closes the producer. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#inFlight.values());
    await this.#producer?.close();
    this.#producer = undefined;
  }
}
