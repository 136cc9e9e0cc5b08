import { LogError } from '@millrace/log-client';
import { segmentName } from '../../format/file-names.ts';
import type { SwappedSegments } from '../../format/log-event.ts';
import type { Checkpointer } from '../checkpointer.ts';
import { CheckpointSchedule } from './checkpoint-schedule.ts';
import { CommitQueue, type Pending, type SubmitOptions } from './commit-queue.ts';
import { type LogChange, type EncodedCommit, encodeCommit, roomFor } from './encode-commit.ts';
import { ioError } from '../io-error.ts';
import type { Journal } from './journal.ts';
import type { LogState } from '../log-state.ts';
import type { NeededFiles } from '../needed-files.ts';
import type { OpenFiles } from '../segments/open-files.ts';
import type { AppendListener, PartitionLog } from '../partition-log.ts';
import { RunCache } from '../segments/run-cache.ts';
import { Scratch } from './scratch.ts';
import { writeCommits } from './write-commits.ts';
import { type RollLimits, Tails } from './tails.ts';

/** When a commit is acknowledged: once it is synced, once written with a sync soon after, or once written. */
export type Durability = 'commit' | 'interval' | 'os';

interface Encoded {
  readonly pending: Pending;
  readonly change: LogChange;
  readonly commit: EncodedCommit;
}

export interface CommitWriterOptions {
  readonly files: OpenFiles;
  readonly state: LogState;
  readonly journal: Journal;
  readonly needed: NeededFiles;
  readonly checkpointer: Checkpointer;
  readonly durability: Durability;
  /** The size of the journal at which a checkpoint is written. */
  readonly checkpointBytes: number;
  /** Whether a last checkpoint is written when the log is closed. */
  readonly checkpointOnClose: boolean;
  /** The size of a commit from which it goes straight to the segments. */
  readonly directBytes: number;
  /** Of a segment whose topic does not say it. */
  readonly segmentBytes: number;
  readonly maxTransactionBytes: number;
  readonly now: () => number;
}

const mebibyte = 1 << 20;
const maxGroupBytes = 16 * mebibyte;
/** What went straight to the segments and is kept for readers. */
const cachedBytes = 64 * mebibyte;

/** The only writer of a log. Changes take turns; those that wait together share one write and one sync. */
export class CommitWriter {
  readonly #options: CommitWriterOptions;
  readonly #files: OpenFiles;
  readonly #state: LogState;
  readonly #checkpointer: Checkpointer;
  readonly #cache = new RunCache(cachedBytes);
  readonly #scratch = new Scratch();
  #journal: Journal;
  readonly #queue = new CommitQueue();
  #running: Promise<void> | undefined;
  #refusal: LogError | undefined;
  #isClosing = false;
  readonly #schedule: CheckpointSchedule;
  #nextFileId: number;

  constructor(options: CommitWriterOptions) {
    this.#options = options;
    this.#files = options.files;
    this.#state = options.state;
    this.#journal = options.journal;
    this.#checkpointer = options.checkpointer;
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
  submit(plan: () => LogChange, options: SubmitOptions): Promise<number[]> {
    if (this.#isClosing) return Promise.reject(this.#refusal ?? this.#closed());
    return this.#queue.submit({ plan, options }, () => {
      this.#running ??= this.#run();
    });
  }

  /** Numbers for so many new files; the first of them. */
  takeFileIds(count: number): number {
    const first = this.#nextFileId;
    this.#nextFileId += count;
    return first;
  }

  /** Makes all that is committed durable. */
  async sync(): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const journal = this.#journal;
    const { sequence } = journal;
    try {
      await Promise.all([this.#files.syncWritten(), journal.sync()]);
    } catch (error) {
      throw this.#poison(error);
    }
    journal.isDurableUpTo(sequence);
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
      const group = this.#encodeGroup();
      if (group.length > 0) await this.#write(group);
      await this.#maybeCheckpoint();
    } while (!this.#queue.isEmpty);
    this.#running = undefined;
  }

  /** Plans and encodes what is queued, up to some megabytes, as it would stand right after each other. */
  #encodeGroup(): Encoded[] {
    const group: Encoded[] = [];
    const now = this.#options.now();
    const tails = new Tails({ limitsOf: this.#limitsOf, now, nextFileId: this.#nextFileId });
    let { sequence, crc } = this.#journal;
    let bytes = 0;
    this.#scratch.reset();
    while (bytes < maxGroupBytes) {
      const pending = this.#queue.take({ first: group.length === 0 });
      if (pending === undefined) break;
      let change: LogChange | undefined;
      try {
        if (this.#refusal !== undefined) throw this.#refusal;
        change = pending.plan();
        this.#assertSmallEnough(change);
        const { id: journalId, durableUpTo } = this.#journal;
        const commit = encodeCommit(change, {
          tails,
          position: { sequence: sequence + 1, previousCrc: crc, journalId, durableUpTo },
          now,
          scratch: this.#scratchFor(change),
        });
        ({ crc } = commit.frame);
        sequence++;
        bytes += change.bytes;
        group.push({ pending, change, commit });
      } catch (error) {
        change?.undo?.();
        pending.reject(error);
      }
      if (pending.options.alone) break;
    }
    this.#nextFileId = Math.max(this.#nextFileId, tails.nextFileId);
    this.#queue.letIn();
    return group;
  }

  readonly #limitsOf = ({ settings }: PartitionLog): RollLimits => ({
    segmentBytes: settings.segmentBytes ?? this.#options.segmentBytes,
    segmentMs: settings.segmentMs,
  });

  #assertSmallEnough({ bytes }: LogChange): void {
    const { maxTransactionBytes } = this.#options;
    if (bytes <= maxTransactionBytes) return;
    throw new LogError(
      'LOG_TOO_LARGE',
      `A commit of ${bytes} bytes is over the limit of ${maxTransactionBytes}: commit more often, or raise maxTransactionBytes`,
    );
  }

  /** Where the batches of a large commit are written: used again, unless readers want to have them. */
  #scratchFor(change: LogChange): Buffer | undefined {
    if (change.bytes < this.#options.directBytes) return undefined;
    const isRead = change.records.some(({ log }) => log.listeners.size > 0);
    return this.#scratch.take(roomFor(change), { reuse: !isRead });
  }

  async #write(group: readonly Encoded[]): Promise<void> {
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

  async #syncCommit(journal: Journal, written: ReadonlySet<string>): Promise<void> {
    const { sequence } = journal;
    try {
      // Both at once: a frame whose batches did not get there is found out by their checksum.
      await (written.size === 0
        ? journal.sync()
        : Promise.all([this.#files.syncWritten(written), journal.sync()]));
    } catch (error) {
      throw this.#poison(error);
    }
    journal.isDurableUpTo(sequence);
  }

  #apply(commits: readonly EncodedCommit[]): void {
    const { deletions } = this.#state;
    const wake = new Set<AppendListener>();
    for (const { event, runs, direct, appendTime } of commits) {
      this.#state.apply(event, appendTime);
      for (const listener of this.#state.waitingFor(event)) wake.add(listener);
      if (event.swapped !== undefined) this.#nameSwapped(event.swapped);
      for (const [index, run] of runs.entries()) {
        const bytes = direct?.[index];
        const segment = this.#state.append(run, appendTime, bytes);
        const { listeners } = this.#state.partitionById(run.topicId, run.partition);
        if (bytes !== undefined) {
          this.#schedule.unsyncedDirectBytes += bytes.length;
          if (listeners.size > 0 && !this.#scratch.isReused(bytes)) this.#cache.add(segment, run, bytes);
        }
        for (const listener of listeners) wake.add(listener);
      }
    }
    if (this.#state.deletions > deletions) this.#schedule.reclaimSoon();
    for (const listener of wake) listener.onAppend();
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
        ended();
        return;
      }
      if (this.#files.lost !== undefined) this.#poison(failure);
      // The journal still has everything.
      schedule.postpone(this.#journal);
    });
  }
}
