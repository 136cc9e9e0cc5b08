import { LogError, type ProducerRecord } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { type EncodedFrame, encodeFrame, type PlacedRecords } from '../format/frame.ts';
import type { LogEvent } from '../format/log-event.ts';
import type { Checkpointer } from './checkpointer.ts';
import { ioError, type Journal } from './journal.ts';
import type { LogState } from './log-state.ts';
import type { PartitionLog } from './partition-log.ts';

/** When a commit is acknowledged: once it is synced, once written with a sync soon after, or once written. */
export type Durability = 'commit' | 'interval' | 'os';

/** What a change turns out to be when its turn comes. */
export interface PlannedChange {
  readonly event: LogEvent;
  readonly records: readonly { readonly log: PartitionLog; readonly records: readonly ProducerRecord[] }[];
  /** What the records take in a frame. */
  readonly bytes: number;
}

interface Pending {
  /** Checks the change against the state at its turn. Throws a LogError to refuse it. */
  readonly plan: () => PlannedChange;
  /** Must see the changes before it applied, and be applied before the next is planned. */
  readonly alone: boolean;
  readonly resolve: (baseOffsets: number[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Framed {
  readonly pending: Pending;
  readonly event: LogEvent;
  readonly frame: EncodedFrame;
  readonly baseOffsets: number[];
}

const maxGroupBytes = 16 << 20;
/** How long after a deletion its space is freed; what is deleted meanwhile goes with it. */
const reclaimDelayMs = 500;
/** Both checkpoint slots must have been written since: until then the older one needs its files. */
const reclaimCheckpoints = 2;

/** The only writer of a log. Changes take turns; those that wait together share one write and one sync. */
export class CommitWriter {
  readonly #fileSystem: FileSystem;
  readonly #state: LogState;
  readonly #checkpointer: Checkpointer;
  readonly #durability: Durability;
  readonly #checkpointBytes: number;
  readonly #maxTransactionBytes: number;
  readonly #onApplied: () => void;
  #journal: Journal;
  #queue: Pending[] = [];
  #running: Promise<void> | undefined;
  #refusal: LogError | undefined;
  #checkpointAt: number;
  /** Checkpoints that are still to be written before what was deleted is off the disk. */
  #reclaims = 0;
  #reclaimDue = false;
  #reclaimTimer: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly fileSystem: FileSystem;
    readonly state: LogState;
    readonly journal: Journal;
    readonly checkpointer: Checkpointer;
    readonly durability: Durability;
    readonly checkpointBytes: number;
    readonly maxTransactionBytes: number;
    readonly onApplied: () => void;
    /** There are files that only the older checkpoint needs, or that the journal has deleted. */
    readonly hasLeftovers: boolean;
  }) {
    this.#fileSystem = options.fileSystem;
    this.#state = options.state;
    this.#journal = options.journal;
    this.#checkpointer = options.checkpointer;
    this.#durability = options.durability;
    this.#checkpointBytes = options.checkpointBytes;
    this.#checkpointAt = options.checkpointBytes;
    this.#maxTransactionBytes = options.maxTransactionBytes;
    this.#onApplied = options.onApplied;
    if (options.hasLeftovers) this.#reclaimSoon();
  }

  /** Queues a change; resolves to the base offset of each of its record lists once it is committed. */
  submit(plan: () => PlannedChange, options: { readonly alone: boolean }): Promise<number[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ plan, alone: options.alone, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Makes all that is committed durable. */
  async sync(): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    try {
      await this.#journal.sync();
    } catch (error) {
      throw this.#poison(error);
    }
  }

  /** Lets queued changes finish, writes a last checkpoint and refuses all that comes later. */
  async close(): Promise<void> {
    clearTimeout(this.#reclaimTimer);
    await this.#running;
    const healthy = this.#refusal === undefined;
    this.#refusal ??= new LogError('LOG_CLOSED', `The log in ${this.#fileSystem.location} is closed`);
    await this.#checkpointer.running;
    try {
      if (healthy && this.#checkpointBytes < Number.POSITIVE_INFINITY) {
        const checkpoints = Math.max(this.#journal.isEmpty ? 0 : 1, this.#reclaims);
        for (let n = 0; n < checkpoints; n++) await this.#lastCheckpoint();
      }
    } finally {
      await this.#journal.close();
    }
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
    if (failure !== undefined) throw ioError(failure, 'write the last checkpoint', this.#fileSystem.location);
  }

  async #run(): Promise<void> {
    // Whatever is submitted in the same turn of the event loop shares the first write.
    await Promise.resolve();
    do {
      const group = this.#frameGroup();
      if (group.length > 0) await this.#write(group);
      await this.#maybeCheckpoint();
    } while (this.#queue.length > 0);
    this.#running = undefined;
  }

  /** Plans and encodes what is queued, up to some megabytes, as it would stand right after each other. */
  #frameGroup(): Framed[] {
    const framed: Framed[] = [];
    const ends = new Map<PartitionLog, number>();
    let { sequence, crc } = this.#journal;
    let bytes = 0;
    while (this.#queue.length > 0 && bytes < maxGroupBytes) {
      if (this.#queue[0]!.alone && framed.length > 0) break;
      const pending = this.#queue.shift()!;
      try {
        if (this.#refusal !== undefined) throw this.#refusal;
        const next = this.#frame(pending, ends, sequence + 1, crc);
        ({ crc } = next.frame);
        sequence++;
        bytes += next.frame.bytes.length;
        framed.push(next);
      } catch (error) {
        pending.reject(error);
      }
      if (pending.alone) break;
    }
    return framed;
  }

  #frame(pending: Pending, ends: Map<PartitionLog, number>, sequence: number, previousCrc: number): Framed {
    const { event, records, bytes: size } = pending.plan();
    if (size > this.#maxTransactionBytes) {
      throw new LogError(
        'LOG_TOO_LARGE',
        `A commit of ${size} bytes is over the limit of ${this.#maxTransactionBytes}: commit more often, or raise maxTransactionBytes`,
      );
    }
    const placed = records.map(({ log, records: list }): PlacedRecords => {
      const baseOffset = ends.get(log) ?? log.end;
      ends.set(log, baseOffset + list.length);
      return { topicId: log.topicId, partition: log.partition, baseOffset, records: list };
    });
    const { id: journalId, durableUpTo } = this.#journal;
    const frame = encodeFrame(event, placed, size, { sequence, previousCrc, journalId, durableUpTo });
    return { pending, event, frame, baseOffsets: placed.map((entry) => entry.baseOffset) };
  }

  async #write(group: readonly Framed[]): Promise<void> {
    const journal = this.#journal;
    try {
      await journal.append(
        group.map(({ frame }) => frame.bytes),
        journal.sequence + group.length,
        group.at(-1)!.frame.crc,
      );
    } catch (error) {
      // Where even the torn bytes could not be cut off, nothing more may be written after them.
      const failure = error instanceof LogError ? error : this.#poison(error);
      for (const { pending } of group) pending.reject(failure);
      return;
    }
    if (this.#durability === 'commit') {
      try {
        await journal.sync();
      } catch (error) {
        const failure = this.#poison(error);
        for (const { pending } of group) pending.reject(failure);
        return;
      }
    }
    const { deletions } = this.#state;
    for (const { event, frame } of group) this.#state.apply(event, frame.batches);
    if (this.#state.deletions > deletions) this.#reclaimSoon();
    this.#onApplied();
    for (const { pending, baseOffsets } of group) pending.resolve(baseOffsets);
  }

  /**
   * After a failed sync the system may have dropped the pages: a second sync would lie, so nothing more is
   * written.
   */
  #poison(error: unknown): LogError {
    this.#refusal ??= new LogError(
      'LOG_READ_ONLY',
      `The log in ${this.#fileSystem.location} could not be synced and takes no more commits: what was committed before is safe; close it and open it again`,
      { cause: error },
    );
    return this.#refusal;
  }

  #reclaimSoon(): void {
    if (this.#checkpointBytes === Number.POSITIVE_INFINITY) return;
    this.#reclaims = reclaimCheckpoints;
    this.#reclaimTimer ??= setTimeout(() => {
      this.#reclaimTimer = undefined;
      this.#reclaim();
    }, reclaimDelayMs).unref();
  }

  /** Lets the next turn write a checkpoint, however little the journal holds. */
  #reclaim(): void {
    this.#reclaimDue = this.#reclaims > 0;
    if (this.#reclaimDue) this.#running ??= this.#run();
  }

  async #maybeCheckpoint(): Promise<void> {
    if (this.#refusal !== undefined) return;
    if (this.#journal.position < this.#checkpointAt && !this.#reclaimDue) return;
    // Far ahead of a checkpoint that is still being written: wait, or memory would grow without bound.
    if (this.#journal.position >= 4 * this.#checkpointAt) await this.#checkpointer.running;
    if (this.#checkpointer.running !== undefined) return;
    try {
      this.#journal = await this.#journal.roll();
    } catch (error) {
      if (error instanceof LogError) this.#checkpointAt = this.#journal.position + this.#checkpointBytes;
      else this.#poison(error);
      return;
    }
    this.#checkpointAt = this.#checkpointBytes;
    const reclaims = this.#reclaims > 0;
    this.#reclaimDue = false;
    this.#checkpointer.start(this.#state, this.#journal, (failure) => {
      if (failure !== undefined) {
        // The journal still has everything. Try again after as much again has been written.
        this.#checkpointAt = this.#journal.position + this.#checkpointBytes;
        return;
      }
      if (reclaims) this.#reclaims--;
      this.#reclaim();
    });
  }
}
