import { LogError } from '@millrace/log-client';
import type { FileSystem } from '../files/file-system.ts';
import { segmentName } from '../format/file-names.ts';
import type { CommitWriter } from '../storage/commit/commit-writer.ts';
import type { LogState } from '../storage/log-state.ts';
import type { NeededFiles } from '../storage/needed-files.ts';
import type { PartitionLog } from '../storage/partition-log.ts';
import { describeSegment } from '../storage/segments/segment.ts';
import type { CleanPlan, CleanResult } from './clean-pass.ts';
import { cleanable } from './cleanable.ts';

/** Goes through segments and writes those that replace them: in a worker thread, or here. */
export type RunPass = (plan: CleanPlan) => Promise<CleanResult>;

export interface CompactorOptions {
  readonly fileSystem: FileSystem;
  readonly state: LogState;
  readonly writer: CommitWriter;
  readonly needed: NeededFiles;
  readonly runPass: RunPass;
  readonly segmentBytes: number;
  readonly memoryBytes: number;
  readonly bytesPerSecond: number;
  readonly now: () => number;
}

/** What compaction has done since the log was opened. */
export interface CompactionStats {
  readonly passes: number;
  readonly failures: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

const firstBackOffMs = 1000;
const longestBackOffMs = 10 * 60_000;

/** Compacts partitions one after the other, the one with the largest share of uncompacted bytes first. */
export class Compactor {
  readonly #options: CompactorOptions;
  /** When a partition whose pass failed is tried again. */
  readonly #backOff = new WeakMap<PartitionLog, { readonly at: number; readonly delayMs: number }>();
  #isClosed = false;
  stats: CompactionStats = { passes: 0, failures: 0, bytesBefore: 0, bytesAfter: 0 };

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Compacts all partitions that it is time for. */
  async run(): Promise<void> {
    const done = new Set<PartitionLog>();
    while (!this.#isClosed) {
      const log = this.#next(done);
      if (log === undefined) return;
      done.add(log);
      await this.#compact(log);
    }
  }

  #next(done: ReadonlySet<PartitionLog>): PartitionLog | undefined {
    const now = this.#options.now();
    let best: { readonly log: PartitionLog; readonly ratio: number } | undefined;
    for (const { state: logs } of this.#options.state.topics.values()) {
      for (const log of logs) {
        if (done.has(log) || (this.#backOff.get(log)?.at ?? now) > now) continue;
        const ratio = cleanable(log, now)?.ratio;
        if (ratio !== undefined && ratio > (best?.ratio ?? -1)) best = { log, ratio };
      }
    }
    return best?.log;
  }

  async #compact(log: PartitionLog): Promise<void> {
    const { needed, writer, now } = this.#options;
    const found = cleanable(log, now());
    if (found === undefined) return;
    const { segments } = found;
    const plan = this.#planFor(log, segments.length, writer.takeFileIds(segments.length));
    const release = needed.hold(
      plan.segments.map(({ baseOffset }, index) =>
        segmentName({ ...plan, baseOffset, fileId: plan.firstFileId + index }),
      ),
    );
    try {
      const result = await this.#options.runPass(plan);
      await this.#options.fileSystem.syncDirectory();
      await this.#swap(log, plan, result);
      this.#backOff.delete(log);
      const { passes, bytesBefore, bytesAfter } = this.stats;
      this.stats = {
        ...this.stats,
        passes: passes + 1,
        bytesBefore: bytesBefore + result.bytesBefore,
        bytesAfter: bytesAfter + result.bytesAfter,
      };
    } catch (error) {
      this.#failed(log, error);
    } finally {
      release();
    }
  }

  #planFor(log: PartitionLog, count: number, firstFileId: number): CleanPlan {
    const { segmentBytes, memoryBytes, bytesPerSecond, now } = this.#options;
    const { topicId, partition, settings, cleanedUpTo } = log;
    return {
      topicId,
      partition,
      segments: log.segments.slice(0, count).map(describeSegment),
      endOffset: log.endOf(count - 1),
      cleanedUpTo,
      aborted: log.knownProducers?.aborted ?? [],
      firstFileId,
      segmentBytes: settings.segmentBytes ?? segmentBytes,
      deleteRetentionMs: settings.deleteRetentionMs,
      now: now(),
      memoryBytes,
      bytesPerSecond,
    };
  }

  async #swap(
    log: PartitionLog,
    { topicId, partition, segments }: CleanPlan,
    result: CleanResult,
  ): Promise<void> {
    const from = segments.map(({ fileId }) => fileId);
    const { cleanedUpTo, segments: to } = result;
    const plan = () => {
      if (log.isDeleted || !log.hasSegments(from)) {
        throw new LogError(
          'LOG_UNKNOWN_TOPIC',
          `${log.topic}-${partition} has been deleted, in part or whole`,
        );
      }
      return { event: { swapped: { topicId, partition, from, to, cleanedUpTo } }, records: [], bytes: 0 };
    };
    await this.#options.writer.submit(plan, { alone: true, bytes: 0 });
  }

  #failed(log: PartitionLog, error: unknown): void {
    if (this.#isClosed || log.isDeleted) return;
    this.stats = { ...this.stats, failures: this.stats.failures + 1 };
    const before = this.#backOff.get(log);
    const delayMs = Math.min(longestBackOffMs, 2 * (before?.delayMs ?? firstBackOffMs / 2));
    this.#backOff.set(log, { at: this.#options.now() + delayMs, delayMs });
    if (error instanceof LogError && error.code === 'LOG_UNKNOWN_TOPIC') return;
    process.emitWarning(
      `${log.topic}-${log.partition} was not compacted: ${(error as Error).message}. It stays as it is; trying again in ${delayMs / 1000} s`,
      'MillraceWarning',
    );
  }
}
