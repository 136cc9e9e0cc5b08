import { batchSize, isControlBatch, nextOffsetOf } from '@millrace/kafka-protocol';
import { LogError } from '@millrace/log-client';
import type { LogState } from '../storage/log-state.ts';
import type { AppendListener, PartitionLog } from '../storage/partition-log.ts';
import type { ReadAnswer, ReadPartition, ReadPosition, ReadRequest } from './messages.ts';
import { Moved } from './peer.ts';

interface Found {
  readonly position: ReadPosition;
  readonly nextOffset: number;
  readonly end: number;
  readonly batches: readonly Buffer[];
  readonly bytes: number;
}

/** Reads for the readers of another thread: batches as they are, which are unpacked there. */
export class OwnerReaders {
  readonly #state: LogState;
  readonly #isClosed: () => boolean;
  /** By reader: ends the wait of its request. */
  readonly #waits = new Map<number, () => void>();

  constructor(state: LogState, isClosed: () => boolean) {
    this.#state = state;
    this.#isClosed = isClosed;
  }

  /** Ends all waits: something has changed other than by an append. */
  wake(): void {
    for (const wake of this.#waits.values()) wake();
  }

  /** Ends the wait of one reader's request. */
  interrupt(reader: number): void {
    this.#waits.get(reader)?.();
  }

  /** Batches from each position on; waits for some where there are none. @throws LogError */
  async fetch(request: ReadRequest): Promise<Moved> {
    this.interrupt(request.reader);
    let found = await this.#collect(request);
    if (request.waitMs > 0 && found.every(isNothing)) {
      await this.#more(request);
      found = await this.#collect(request);
    }
    return answerOf(found);
  }

  async #collect({ positions, maxBytes }: ReadRequest): Promise<Found[]> {
    if (this.#isClosed()) throw new LogError('LOG_CLOSED', 'The log that this reader reads was closed');
    const found: Found[] = [];
    // Each has a share, so that one that is far behind does not hold up the others.
    const share = Math.ceil(maxBytes / Math.max(1, positions.length));
    for (const position of positions) found.push(await this.#read(position, share));
    return found;
  }

  async #read(position: ReadPosition, maxBytes: number): Promise<Found> {
    const { topic, partition, offset } = position;
    const log = this.#state.partition(topic, partition);
    const end = log.stableEnd;
    const pieces = await log.readRaw(offset, { end, maxBytes });
    const batches = pieces.flatMap((piece) => visible(piece, log));
    const bytes = batches.reduce((sum, { length }) => sum + length, 0);
    // Without a batch there is nothing up to the end.
    const nextOffset = pieces.length === 0 ? Math.max(offset, end) : lastOffsetOf(pieces.at(-1)!);
    return { position, nextOffset, end, batches, bytes };
  }

  #more({ reader, positions, waitMs }: ReadRequest): Promise<void> {
    const logs = positions.map(({ topic, partition }) => this.#state.partition(topic, partition));
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        for (const log of logs) log.listeners.delete(listener);
        if (this.#waits.get(reader) === done) this.#waits.delete(reader);
        resolve();
      };
      const listener: AppendListener = { onAppend: done };
      const timer = setTimeout(done, waitMs).unref();
      this.#waits.set(reader, done);
      for (const log of logs) log.listeners.add(listener);
      // It may have come while it was looked for.
      if (positions.some(({ offset }, index) => offset < logs[index]!.stableEnd)) done();
    });
  }
}

function isNothing({ position, nextOffset }: Found): boolean {
  return nextOffset === position.offset;
}

/** The stretches of some batches that hold committed records. */
function visible(piece: Buffer, { knownProducers }: PartitionLog): Buffer[] {
  const stretches: Buffer[] = [];
  let from = 0;
  let at = 0;
  for (; at < piece.length; at += batchSize(piece, at)) {
    if (!isControlBatch(piece, at) && knownProducers?.isAborted(piece, at) !== true) continue;
    if (at > from) stretches.push(piece.subarray(from, at));
    from = at + batchSize(piece, at);
  }
  if (at > from) stretches.push(piece.subarray(from, at));
  return stretches;
}

function lastOffsetOf(piece: Buffer): number {
  let next = 0;
  for (let at = 0; at < piece.length; at += batchSize(piece, at)) next = nextOffsetOf(piece, at);
  return next;
}

/** One buffer with all of it, which moves to the other thread. */
function answerOf(found: readonly Found[]): Moved {
  const bytes = Buffer.allocUnsafeSlow(found.reduce((sum, one) => sum + one.bytes, 0));
  const partitions: ReadPartition[] = [];
  let at = 0;
  for (const { position, nextOffset, end, batches } of found) {
    const from = at;
    for (const batch of batches) at += batch.copy(bytes, at);
    partitions.push({ ...position, nextOffset, end, from, to: at });
  }
  const answer: ReadAnswer = { partitions, bytes };
  return new Moved(answer, [bytes.buffer as ArrayBuffer]);
}
