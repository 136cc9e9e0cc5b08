import type { LogError } from '@millrace/log-client';
import { CommitMemory } from '../../encode/commit-memory.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { CommitQueue, Pending } from './commit-queue.ts';
import { type EncodedCommit, encodeCommit, type LogChange } from './encode-commit.ts';
import type { Journal } from './journal.ts';
import { type RollLimits, Tails } from './tails.ts';

/** Commits share a write up to this size, in bytes. */
const maxGroupBytes = 16 << 20;

/** What a run takes, on average, of the least that goes straight to segments. */
const leastRunShare = 1 / 4;

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
  encode(
    queue: CommitQueue,
    { journal, refusal, nextFileId }: GroupPlace,
  ): { readonly group: readonly EncodedChange[]; readonly nextFileId: number } {
    const group: EncodedChange[] = [];
    const now = this.#limits.now();
    const tails = new Tails({ limitsOf: this.#rollLimits, now, nextFileId });
    const { id: journalId, durableUpTo } = journal;
    let { sequence, crc } = journal;
    let bytes = 0;
    this.memory.reset();
    while (bytes < maxGroupBytes) {
      const pending = queue.take({ first: group.length === 0 });
      if (pending === undefined) break;
      let change: LogChange | undefined;
      try {
        if (refusal !== undefined) throw refusal;
        change = pending.plan(this.memory);
        this.memory.assertSmallEnough(change.bytes);
        const commit = encodeCommit(change, {
          tails,
          position: { sequence: sequence + 1, previousCrc: crc, journalId, durableUpTo },
          now,
          isDirect: this.#isDirect(change),
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
    return { group, nextFileId: tails.nextFileId };
  }

  readonly #rollLimits = ({ settings }: PartitionLog): RollLimits => ({
    segmentBytes: settings.segmentBytes ?? this.#limits.segmentBytes,
    segmentMs: settings.segmentMs,
  });

  /** Whether its batches go straight to their segments. */
  #isDirect({ bytes, records }: LogChange): boolean {
    // Little for each of many partitions would be a write and a sync of each of their segments.
    return bytes >= this.#limits.directBytes * Math.max(1, records.length * leastRunShare);
  }
}
