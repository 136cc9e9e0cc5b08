import type { LogError } from '@millrace/log-client';
import { CommitMemory } from '../../encode/commit-memory.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { CommitQueue, Pending } from './commit-queue.ts';
import { runHeaderBytes } from '../../format/frame.ts';
import type { Run } from '../../format/run.ts';
import {
  type BegunWrite,
  type EncodedCommit,
  encodeCommit,
  encodeInTurn,
  type EncodeOptions,
  type LogChange,
} from './encode-commit.ts';
import type { Journal } from './journal.ts';
import { type RollLimits, Tails } from './tails.ts';

/** Commits share a write up to this size, in bytes. */
const maxGroupBytes = 16 << 20;

/** What a run takes, on average, of the least that goes straight to segments. */
const leastRunShare = 1 / 4;

/** How many times the least that goes straight to segments: a thread is woken for each run. */
const inTurnShare = 64;

/** A change that was planned and is ready to be written. */
export interface EncodedChange {
  readonly pending: Pending;
  readonly change: LogChange;
  readonly commit: EncodedCommit;
}

export interface EncodeLimits {
  /** The size of a commit from which it goes straight to the segments. */
  readonly directBytes: number;
  /** Of a segment whose topic does not say it. */
  readonly segmentBytes: number;
  readonly maxTransactionBytes: number;
  readonly now: () => number;
}

interface GroupPlace {
  readonly journal: Journal;
  /** Why nothing is taken any more. */
  readonly refusal: LogError | undefined;
  readonly nextFileId: number;
  /** Begins to write a run to its segment. */
  readonly beginWrite: (run: Run, batches: Buffer) => Promise<void>;
}

/** Changes that are written together. */
export interface EncodedGroup {
  readonly group: readonly EncodedChange[];
  /** Writes that have begun for a change that was refused then. */
  readonly abandoned: readonly BegunWrite[];
  readonly nextFileId: number;
}

/** Plans and encodes changes that are written together, as they will stand right after each other. */
export class GroupEncoder {
  readonly #limits: EncodeLimits;
  readonly memory: CommitMemory;

  constructor(limits: EncodeLimits) {
    this.#limits = limits;
    this.memory = new CommitMemory(limits.maxTransactionBytes);
  }

  /** Takes changes from the queue, up to some megabytes; those that are refused are rejected and left out. */
  encode(queue: CommitQueue, { journal, refusal, nextFileId, beginWrite }: GroupPlace): EncodedGroup {
    const group: EncodedChange[] = [];
    const now = this.#limits.now();
    const tails = new Tails({ limitsOf: this.#rollLimits, now, nextFileId });
    const { id: journalId, durableUpTo } = journal;
    let { sequence, crc } = journal;
    let bytes = 0;
    const abandoned: BegunWrite[] = [];
    this.memory.reset();
    let isCutShort = false;
    while (bytes < maxGroupBytes && !isCutShort) {
      const pending = queue.take({ first: group.length === 0 });
      if (pending === undefined) break;
      let change: LogChange | undefined;
      try {
        if (refusal !== undefined) throw refusal;
        change = pending.plan(this.memory);
        const position = { sequence: sequence + 1, previousCrc: crc, journalId, durableUpTo };
        const place = { tails, position, now };
        const commit =
          change.inTurn === undefined
            ? this.#encodeWhole(change, place)
            : this.#encodeInTurn(change, place, { beginWrite, abandoned });
        ({ crc } = commit.frame);
        sequence++;
        bytes += change.bytes;
        group.push({ pending, change, commit });
      } catch (error) {
        // It has moved the ends of partitions, and may be being written there still.
        isCutShort = change?.inTurn !== undefined;
        change?.undo?.();
        pending.reject(error);
      }
      if (pending.options.alone) break;
    }
    return { group, abandoned, nextFileId: tails.nextFileId };
  }

  #encodeWhole(change: LogChange, place: EncodeOptions): EncodedCommit {
    this.memory.assertSmallEnough(change.bytes);
    return encodeCommit(change, { ...place, isDirect: this.#isDirect(change.bytes, change.records.length) });
  }

  /** What has begun of a change that is refused half way is abandoned. */
  #encodeInTurn(
    { event, inTurn = [] }: LogChange,
    place: EncodeOptions,
    { beginWrite, abandoned }: Pick<GroupPlace, 'beginWrite'> & { readonly abandoned: BegunWrite[] },
  ): EncodedCommit {
    const begun: BegunWrite[] = [];
    let bytes = 0;
    const begin = (run: Run, batches: Buffer): BegunWrite => {
      bytes += batches.length + runHeaderBytes;
      this.memory.assertSmallEnough(bytes);
      const write = { run, written: beginWrite(run, batches) };
      begun.push(write);
      return write;
    };
    try {
      return encodeInTurn(event, inTurn, { ...place, begin });
    } catch (error) {
      abandoned.push(...begun);
      throw error;
    }
  }

  readonly #rollLimits = ({ settings }: PartitionLog): RollLimits => ({
    segmentBytes: settings.segmentBytes ?? this.#limits.segmentBytes,
    segmentMs: settings.segmentMs,
  });

  /** Whether batches of so many bytes, for so many partitions, go straight to their segments. */
  #isDirect(bytes: number, partitions: number): boolean {
    // Little for each of many partitions would be a write and a sync of each of their segments.
    return bytes >= this.#limits.directBytes * Math.max(1, partitions * leastRunShare);
  }

  /** Whether a commit is so large that its batches are written while the next ones are encoded. */
  readonly isInTurn = (bytes: number, partitions: number): boolean =>
    partitions > 1 && bytes >= inTurnShare * this.#limits.directBytes && this.#isDirect(bytes, partitions);
}
