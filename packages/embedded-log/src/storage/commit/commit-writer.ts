import { LogError } from '@millrace/log-client';
import { segmentName } from '../../format/file-names.ts';
import type { SwappedSegments } from '../../format/log-event.ts';
import type { Checkpointer } from '../checkpointer.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import { CommitQueue, type PlanChange, type SubmitOptions } from './commit-queue.ts';
import type { EncodedCommit } from './encode-commit.ts';
import { type EncodedChange, type EncodedGroup, type EncodeLimits, GroupEncoder } from './group-encoder.ts';
import { ioError } from '../io-error.ts';
import type { LogCounters } from '../log-counters.ts';
import type { Run } from '../../format/run.ts';
import type { Journal } from './journal.ts';
import type { LogState } from '../log-state.ts';
import type { NeededFiles } from '../needed-files.ts';
import type { OpenFiles } from '../segments/open-files.ts';
import type { AppendListener } from '../partition-log.ts';
import { RunCache } from '../segments/run-cache.ts';
import { abandonWrites, writeCommits } from './write-commits.ts';

/** When a commit is acknowledged: once it is synced, once written with a sync soon after, or once written. */
export type Durability = 'commit' | 'interval' | 'os';

export interface CommitWriterOptions extends EncodeLimits {
  readonly files: OpenFiles;
  readonly state: LogState;
  readonly journal: Journal;
  readonly needed: NeededFiles;
  readonly checkpointer: Checkpointer;
  readonly counters: LogCounters;
  readonly durability: Durability;
  /** The size of the journal at which a checkpoint is written. */
  readonly checkpointBytes: number;
  /** Whether a last checkpoint is written when the log is closed. */
  readonly checkpointOnClose: boolean;
}

/** What went straight to the segments and is kept for readers. */
const cachedBytes = 64 << 20;

/** The only writer of a log. Changes take turns; those that wait together share one write and one sync. */
export class CommitWriter {
  readonly #options: CommitWriterOptions;
  readonly #files: OpenFiles;
  readonly #state: LogState;
  readonly #checkpointer: Checkpointer;
  readonly #counters: LogCounters;
  readonly #cache = new RunCache(cachedBytes);
  readonly #encoder: GroupEncoder;
  #journal: Journal;
  readonly #queue = new CommitQueue();
  #running: Promise<void> | undefined;
  #refusal: LogError | undefined;
  #isClosing = false;
  readonly #schedule: CheckpointSchedule;
  #nextFileId: number;

  constructor(options: CommitWriterOptions) {
    this.#options = options;
    this.#encoder = new GroupEncoder(options);
    this.#files = options.files;
    this.#state = options.state;
    this.#journal = options.journal;
    this.#checkpointer = options.checkpointer;
    this.#counters = options.counters;
    this.#schedule = new CheckpointSchedule({
      checkpointBytes: options.checkpointBytes,
      syncsCommits: options.durability === 'commit',
      onReclaim: () => {
        if (!this.#isClosing) this.#running ??= this.#run();
      },
    });
    this.#nextFileId = options.state.nextFileId;
    if (options.needed.hasLeftovers || options.state.deletions > 0) this.#schedule.reclaimSoon();
  }

  /**
   * Queues a change; resolves to the base offset of each of its record lists once it is committed. Waits
   * before that where too much is queued.
   */
  submit(plan: PlanChange, options: SubmitOptions): Promise<number[]> {
    if (this.#isClosing) return Promise.reject(this.#refusal ?? this.#closed());
    return this.#queue.submit({ plan, options }, () => {
      this.#running ??= this.#run();
    });
  }

  /** Whether records of so many bytes are best encoded in turn; see {@link LogChange.inTurn}. */
  get isInTurn(): (bytes: number, partitions: number) => boolean {
    return this.#encoder.isInTurn;
  }

  /** Numbers for so many new files; the first of them. */
  takeFileIds(count: number): number {
    const first = this.#nextFileId;
    this.#nextFileId += count;
    return first;
  }

  /** What the journal holds since the last checkpoint, and commits that wait; both in bytes. */
  get backlog(): { readonly journalBytes: number; readonly queueBytes: number } {
    return { journalBytes: this.#journal.position, queueBytes: this.#queue.bytes };
  }

  /** Makes all that is committed durable. */
  async sync(): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const journal = this.#journal;
    await this.#sync(journal, () => Promise.all([this.#files.syncWritten(), journal.sync()]));
    this.#schedule.unsyncedDirectBytes = 0;
  }

  /** Lets queued changes finish, writes a last checkpoint and refuses all that comes later. */
  async close(): Promise<void> {
    this.#schedule.close();
    this.#isClosing = true;
    while (this.#running !== undefined) await this.#running;
    await this.#checkpointer.running;
    const healthy = this.#refusal === undefined;
    this.#refusal ??= this.#closed();
    try {
      if (healthy && this.#options.checkpointOnClose) {
        const checkpoints = Math.max(this.#journal.isEmpty ? 0 : 1, this.#schedule.reclaims);
        for (let n = 0; n < checkpoints; n++) await this.#lastCheckpoint();
      }
    } finally {
      await this.#journal.close();
    }
  }

  #closed(): LogError {
    return new LogError('LOG_CLOSED', `The log in ${this.#files.location} is closed`);
  }

  async #lastCheckpoint(): Promise<void> {
    let failure: unknown;
    try {
      this.#journal = await this.#journal.roll();
      this.#checkpointer.start(this.#state, this.#journal, (error) => {
        failure = error;
      });
    } catch (error) {
      failure = error;
    }
    await this.#checkpointer.running;
    // What was committed stands in the journal all the same; the next open reads it from there.
    if (failure !== undefined) throw ioError(failure, 'write the last checkpoint', this.#files.location);
  }

  async #run(): Promise<void> {
    // Whatever is submitted in the same turn of the event loop shares the first write.
    await Promise.resolve();
    do {
      const { group, abandoned } = this.#encodeGroup();
      await abandonWrites(this.#files, abandoned);
      if (group.length > 0) await this.#write(group);
      await this.#maybeCheckpoint();
    } while (!this.#queue.isEmpty);
    this.#running = undefined;
  }

  #encodeGroup(): EncodedGroup {
    const encoded = this.#encoder.encode(this.#queue, {
      journal: this.#journal,
      refusal: this.#refusal,
      nextFileId: this.#nextFileId,
      beginWrite: this.#beginWrite,
    });
    this.#nextFileId = Math.max(this.#nextFileId, encoded.nextFileId);
    this.#queue.letIn();
    return encoded;
  }

  readonly #beginWrite = (run: Run, batches: Buffer): Promise<void> => {
    this.#options.needed.name(this.#journal.id, run);
    const written = this.#files.write(segmentName(run), run.position, [batches], { again: false });
    // It is waited for later; without a listener until then a failure would count as unhandled.
    written.catch(() => {});
    return written;
  };

  async #write(group: readonly EncodedChange[]): Promise<void> {
    const journal = this.#journal;
    const commits = group.map(({ commit }) => commit);
    for (const { runs } of commits) {
      for (const run of runs) this.#options.needed.name(journal.id, run);
    }
    try {
      const written = await writeCommits(this.#files, journal, commits);
      if (this.#options.durability === 'commit') await this.#syncCommit(journal, written);
    } catch (error) {
      // Where even the torn bytes could not be cut off, nothing more may be written after them.
      const failure = error instanceof LogError ? error : this.#poison(error);
      // The last first: each takes back what it found.
      for (const { change } of group.toReversed()) change.undo?.();
      for (const { pending } of group) pending.reject(failure);
      return;
    }
    this.#apply(commits);
    for (const { pending, commit } of group) pending.resolve(commit.baseOffsets);
  }

  #syncCommit(journal: Journal, written: ReadonlySet<string>): Promise<void> {
    if (written.size === 0) return this.#sync(journal, () => journal.sync());
    // Both at once: a frame whose batches did not get there is found out by their checksum.
    return this.#sync(journal, () => Promise.all([this.#files.syncSome(written), journal.sync()]));
  }

  async #sync(journal: Journal, sync: () => Promise<unknown>): Promise<void> {
    const { sequence } = journal;
    const beganAt = performance.now();
    try {
      await sync();
    } catch (error) {
      throw this.#poison(error);
    }
    this.#counters.syncs++;
    this.#counters.syncMs += performance.now() - beganAt;
    journal.isDurableUpTo(sequence);
  }

  #apply(commits: readonly EncodedCommit[]): void {
    const { deletions } = this.#state;
    this.#counters.commits += commits.length;
    const wake = new Set<AppendListener>();
    for (const { event, runs, direct, appendTime } of commits) {
      this.#state.apply(event, appendTime);
      for (const listener of this.#state.waitingFor(event)) wake.add(listener);
      if (event.swapped !== undefined) this.#nameSwapped(event.swapped);
      const readBytes = direct === undefined ? 0 : this.#readBytes(runs);
      for (const [index, run] of runs.entries()) {
        const bytes = direct?.[index];
        const segment = this.#state.append(run, appendTime, bytes);
        this.#counters.records += run.count;
        this.#counters.bytes += run.length;
        const { listeners } = this.#state.partitionById(run.topicId, run.partition);
        if (bytes !== undefined) {
          this.#schedule.unsyncedDirectBytes += bytes.length;
          if (listeners.size > 0) this.#cache.add(segment, run, this.#encoder.memory.keep(bytes, readBytes));
        }
        for (const listener of listeners) wake.add(listener);
      }
    }
    if (this.#state.deletions > deletions) this.#schedule.reclaimSoon();
    for (const listener of wake) listener.onAppend();
  }

  /** How many bytes somebody waits for. */
  #readBytes(runs: readonly Run[]): number {
    const isRead = ({ topicId, partition }: Run): boolean =>
      this.#state.partitionById(topicId, partition).listeners.size > 0;
    return runs.reduce((sum, run) => sum + (isRead(run) ? run.length : 0), 0);
  }

  #nameSwapped({ topicId, partition, to }: SwappedSegments): void {
    for (const { baseOffset, fileId } of to) {
      const id = { topicId, partition, baseOffset, fileId };
      this.#options.needed.name(this.#journal.id, id);
      this.#files.adopt(segmentName(id));
    }
  }

  /**
   * After a failed sync the system may have dropped the pages: a second sync would lie, so nothing more is
   * written.
   */
  #poison(error: unknown): LogError {
    this.#refusal ??= new LogError(
      'LOG_READ_ONLY',
      `The log in ${this.#files.location} could not be synced and takes no more commits: what was committed before is safe; close it and open it again`,
      { cause: error },
    );
    return this.#refusal;
  }

  async #maybeCheckpoint(): Promise<void> {
    const schedule = this.#schedule;
    if (this.#refusal !== undefined || !schedule.isDue(this.#journal)) return;
    // Far ahead of a checkpoint that is still being written: wait, or memory would grow without bound.
    if (schedule.isFarBehind(this.#journal)) await this.#checkpointer.running;
    if (this.#checkpointer.running !== undefined) return;
    try {
      this.#journal = await this.#journal.roll();
    } catch (error) {
      if (error instanceof LogError) schedule.postpone(this.#journal);
      else this.#poison(error);
      return;
    }
    const ended = schedule.begin();
    this.#checkpointer.start(this.#state, this.#journal, (failure) => {
      if (failure === undefined) {
        this.#counters.checkpoints++;
        ended();
        return;
      }
      this.#counters.failedCheckpoints++;
      if (this.#files.lost !== undefined) this.#poison(failure);
      // The journal still has everything.
      schedule.postpone(this.#journal);
    });
  }
}
