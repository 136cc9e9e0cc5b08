import {
  type AbortedTransaction,
  type BatchOrigin,
  isTransactionalBatch,
  producerIdOf,
} from '@millrace/kafka-protocol';
import { readLong } from '@millrace/log-client';
import type { CheckpointProducers } from '../format/checkpoint.ts';
import { Refusal } from '../refusal.ts';

/** Kafka's number: a client has at most so many batches of a partition under way. */
const keptBatches = 5;
/** Sequence numbers are 31 bits and begin again. */
const sequences = 2 ** 31;

interface SentBatch {
  readonly sequence: number;
  readonly count: number;
  /** Undefined until it is committed. */
  offset: number | undefined;
}

interface KnownProducer {
  epoch: number;
  /** When it last wrote, by the log's clock. */
  at: number;
  /** The last ones, oldest first. */
  batches: readonly SentBatch[];
}

export interface AbortedRange extends AbortedTransaction {
  /** That of the control batch. */
  readonly lastOffset: number;
}

/** Whether the batch at `at` was written in one of these transactions. */
export function isInAborted(aborted: readonly AbortedRange[], source: Buffer, at: number): boolean {
  if (aborted.length === 0 || !isTransactionalBatch(source, at)) return false;
  const producerId = producerIdOf(source, at);
  const offset = readLong(source, at);
  return aborted.some(
    (one) => one.producerId === producerId && one.firstOffset <= offset && offset <= one.lastOffset,
  );
}

/** What has become of a batch that a producer sends: taken, or known from before. */
export interface Admission {
  readonly batch: SentBatch;
  readonly isDuplicate: boolean;
  /** Takes it back: it could not be written. */
  readonly undo: () => void;
}

/**
 * What a partition knows of clients' producers: their last batches, so that one that is sent again is
 * recognised, and their transactions, open ones and aborted ones.
 */
export class PartitionProducers {
  readonly #known = new Map<number, KnownProducer>();
  /** Transactions that have not ended: their first offsets, by producer. */
  readonly open = new Map<number, number>();
  aborted: AbortedRange[] = [];

  /**
   * Looks at a batch that is to be written at its turn. @throws Refusal when it is out of order, or from an
   * earlier epoch of the producer
   */
  admit({ producerId, producerEpoch, baseSequence: sequence, count }: BatchOrigin, now: number): Admission {
    const known = this.#known.get(producerId);
    if (known !== undefined && producerEpoch < known.epoch) {
      throw new Refusal(
        'INVALID_PRODUCER_EPOCH',
        `producer ${producerId} has gone on to epoch ${known.epoch}`,
      );
    }
    const batches = known?.epoch === producerEpoch ? known.batches : [];
    const same = batches.find((one) => one.sequence === sequence && one.count === count);
    if (same !== undefined) return { batch: same, isDuplicate: true, undo: () => {} };
    const last = batches.at(-1);
    const expected = last === undefined ? 0 : (last.sequence + last.count) % sequences;
    // Of a producer that is not known any more, whatever it sends is its first batch.
    if (known !== undefined && sequence !== expected) {
      throw new Refusal(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `producer ${producerId} sent sequence ${sequence}, not ${expected}`,
      );
    }
    const batch: SentBatch = { sequence, count, offset: undefined };
    const admitted = { epoch: producerEpoch, at: now, batches: [...batches, batch].slice(-keptBatches) };
    this.#known.set(producerId, admitted);
    const undo = (): void => {
      if (known === undefined) this.#known.delete(producerId);
      else this.#known.set(producerId, known);
    };
    return { batch, isDuplicate: false, undo };
  }

  /** A batch is committed at this offset. */
  committed(origin: BatchOrigin, offset: number, now: number): void {
    const { producerId, producerEpoch, baseSequence: sequence, count, isTransactional } = origin;
    if (isTransactional && !this.open.has(producerId)) this.open.set(producerId, offset);
    const known = this.#known.get(producerId);
    const batches = known?.epoch === producerEpoch ? known.batches : [];
    const planned = batches.find((one) => one.sequence === sequence && one.count === count);
    if (planned !== undefined) {
      planned.offset = offset;
      return;
    }
    // As it is read from the journal.
    const all = [...batches, { sequence, count, offset }].slice(-keptBatches);
    this.#known.set(producerId, { epoch: producerEpoch, at: now, batches: all });
  }

  /** A producer's transaction ends; `lastOffset` is that of its control batch where it was aborted. */
  end(producerId: number, lastOffset: number | undefined): void {
    const firstOffset = this.open.get(producerId);
    this.open.delete(producerId);
    if (firstOffset === undefined || lastOffset === undefined) return;
    this.aborted.push({ producerId, firstOffset, lastOffset });
  }

  /** The offset before which every transaction has ended. */
  stableEnd(end: number): number {
    let stable = end;
    for (const firstOffset of this.open.values()) stable = Math.min(stable, firstOffset);
    return stable;
  }

  /** Whether the batch at `at` was written in a transaction that was aborted. */
  readonly isAborted = (source: Buffer, at: number): boolean => isInAborted(this.aborted, source, at);

  /** Those that were aborted between two offsets, as a client that reads these needs to know. */
  abortedBetween(from: number, to: number): readonly AbortedRange[] {
    return this.aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < to);
  }

  /** What is before this offset is gone, or has nothing of them left. */
  forgetBefore(offset: number): void {
    this.aborted = this.aborted.filter(({ lastOffset }) => lastOffset >= offset);
  }

  /** Forgets producers that have not written since this time and have nothing open. */
  expire(before: number): void {
    for (const [id, { at }] of this.#known) if (at < before && !this.open.has(id)) this.#known.delete(id);
  }

  /** The producers it knows, with the sequence number of the last batch. */
  describe(): readonly {
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly lastSequence: number;
    readonly at: number;
  }[] {
    return [...this.#known].map(([producerId, { epoch: producerEpoch, at, batches }]) => {
      const { sequence = -1, count = 1 } = batches.at(-1) ?? {};
      return { producerId, producerEpoch, lastSequence: (sequence + count - 1) % sequences, at };
    });
  }

  checkpoint(): CheckpointProducers {
    const known = [...this.#known].map(([id, { epoch, at, batches }]) => ({
      id,
      epoch,
      at,
      batches: batches
        .filter(({ offset }) => offset !== undefined)
        .map(({ sequence, count, offset }) => [sequence, count, offset!] as const),
    }));
    const aborted = this.aborted.map(
      ({ producerId, firstOffset, lastOffset }) => [producerId, firstOffset, lastOffset] as const,
    );
    return { known, open: [...this.open], aborted };
  }

  static from({ known, open, aborted }: CheckpointProducers): PartitionProducers {
    const producers = new PartitionProducers();
    for (const { id, epoch, at, batches } of known) {
      const sent = batches.map(([sequence, count, offset]) => ({ sequence, count, offset }));
      producers.#known.set(id, { epoch, at, batches: sent });
    }
    for (const [id, firstOffset] of open) producers.open.set(id, firstOffset);
    producers.aborted = aborted.map(([producerId, firstOffset, lastOffset]) => ({
      producerId,
      firstOffset,
      lastOffset,
    }));
    return producers;
  }
}
