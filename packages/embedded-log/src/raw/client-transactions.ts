import { type BatchOrigin, controlBatch } from '@millrace/kafka-protocol';
import type { GroupOffsets, TransactionalId } from '../format/log-event.ts';
import type { CommitWriter } from '../storage/commit/commit-writer.ts';
import { type LogChange, sizeOf } from '../storage/commit/encode-commit.ts';
import type { LogState } from '../storage/log-state.ts';
import type { PartitionLog } from '../storage/partition-log.ts';
import { Refusal } from '../refusal.ts';

/** The last epoch that there is; a producer that goes on gets another id. */
const lastEpoch = 2 ** 15 - 2;
/** Ids of producers without transactions are taken in blocks: one frame for so many. */
const idBlock = 1000;

export interface ProducerEpoch {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface ClientTransactionsOptions {
  readonly state: LogState;
  readonly writer: CommitWriter;
  readonly now: () => number;
}

type Offset = GroupOffsets['commits'][number];

/**
 * Transactions of clients. What they write is in the log at once, and not read as committed before they end:
 * one frame ends a transaction in all its partitions, with its offsets.
 */
export class ClientTransactions {
  readonly #options: ClientTransactionsOptions;
  /** Offsets that open transactions will commit, by transactional id and group. */
  readonly #offsets = new Map<string, Map<string, Map<string, Offset>>>();
  /** When transactions began, by transactional id; in milliseconds by the log's clock. */
  readonly #begunAt = new Map<string, number>();
  readonly #idOf = new Map<number, string>();
  #nextFreeId = 0;
  #freeIds = 0;
  /** Settles when the last producer has its id. */
  #giving: Promise<unknown> = Promise.resolve();

  constructor(options: ClientTransactionsOptions) {
    this.#options = options;
    for (const { id, producerId } of options.state.transactional.values()) this.#idOf.set(producerId, id);
  }

  get all(): Iterable<TransactionalId> {
    return this.#options.state.transactional.values();
  }

  /** When the transaction of an id began, if it is open. */
  begunAt(id: string): number | undefined {
    return this.#begunAt.get(id);
  }

  /** Where the producer of an id has written in its open transaction. */
  partitionsOf({ producerId }: TransactionalId): PartitionLog[] {
    return this.#openPartitions(producerId);
  }

  /** Gives a producer that makes no transactions its id. */
  newProducer(): Promise<ProducerEpoch> {
    const given = this.#giving.then(() => this.#nextProducer());
    this.#giving = given.catch(() => {});
    return given;
  }

  async #nextProducer(): Promise<ProducerEpoch> {
    if (this.#freeIds === 0) {
      const { state, writer } = this.#options;
      let first = 0;
      const plan = (): LogChange => {
        first = state.nextProducerId;
        return change({ nextProducerId: first + idBlock });
      };
      await writer.submit(plan, { alone: true, bytes: 0 });
      this.#nextFreeId = first;
      this.#freeIds = idBlock;
    }
    this.#freeIds--;
    return { producerId: this.#nextFreeId++, producerEpoch: 0 };
  }

  /**
   * Opens a transactional id: what it has open is aborted, and earlier producers of it are fenced.
   * @param expected what the client believes itself to be, where it goes on after an error
   * @throws Refusal
   */
  async open(id: string, timeoutMs: number, expected?: ProducerEpoch): Promise<ProducerEpoch> {
    const { state, now } = this.#options;
    let opened: TransactionalId | undefined;
    await this.#alone(() => {
      const known = state.transactional.get(id);
      if (expected !== undefined && known !== undefined) assertExpected(known, expected);
      const isUsedUp = known === undefined || known.producerEpoch >= lastEpoch;
      const producerId = isUsedUp ? state.nextProducerId : known.producerId;
      const producerEpoch = isUsedUp ? 0 : known.producerEpoch + 1;
      opened = { id, producerId, producerEpoch, timeoutMs, state: 'empty', at: now() };
      const ending = known === undefined ? nothing : this.#ending(known, 'abort');
      const nextProducerId = isUsedUp ? { nextProducerId: producerId + 1 } : {};
      return {
        ...ending,
        event: { ...ending.event, ...nextProducerId, transactional: [opened] },
      };
    });
    const { producerId, producerEpoch } = opened!;
    this.#idOf.set(producerId, id);
    this.#forget(id);
    return { producerId, producerEpoch };
  }

  /** A transaction has begun, or goes on. @throws Refusal */
  async begin(id: string, producer: ProducerEpoch): Promise<void> {
    const known = this.#assertCurrent(id, producer);
    if (known.state === 'ongoing') return;
    await this.#alone(() => {
      const before = this.#assertCurrent(id, producer);
      return change({ transactional: [{ ...before, state: 'ongoing', at: this.#options.now() }] });
    });
    this.#begunAt.set(id, this.#options.now());
  }

  /** Notes offsets that the transaction will commit when it ends well. @throws Refusal */
  addOffsets(id: string, producer: ProducerEpoch, { group, commits }: GroupOffsets): void {
    if (this.#assertCurrent(id, producer).state !== 'ongoing') {
      throw new Refusal('INVALID_TXN_STATE', `${id} has no transaction under way`);
    }
    const groups = this.#offsets.get(id) ?? new Map<string, Map<string, Offset>>();
    const offsets = groups.get(group) ?? new Map<string, Offset>();
    for (const commit of commits) offsets.set(`${commit[0]}-${commit[1]}`, commit);
    this.#offsets.set(id, groups.set(group, offsets));
  }

  /** Whether a transaction under way will change what a group has committed for a partition. */
  willCommit(group: string, topicId: number, partition: number): boolean {
    for (const groups of this.#offsets.values()) {
      if (groups.get(group)?.has(`${topicId}-${partition}`) === true) return true;
    }
    return false;
  }

  /** Ends a transaction. One that has ended in this way before is left as it is. @throws Refusal */
  async end(id: string, producer: ProducerEpoch, outcome: 'commit' | 'abort'): Promise<void> {
    const done = outcome === 'commit' ? 'committed' : 'aborted';
    await this.#alone(() => {
      const known = this.#assertCurrent(id, producer);
      if (known.state === done) return nothing;
      if (known.state !== 'ongoing') {
        throw new Refusal('INVALID_TXN_STATE', `the transaction of ${id} is ${known.state}`);
      }
      const ending = this.#ending(known, outcome);
      const transactional = [{ ...known, state: done, at: this.#options.now() } as const];
      const moreOffsets = outcome === 'commit' ? this.#offsetsOf(id) : [];
      return { ...ending, event: { ...ending.event, transactional, moreOffsets } };
    });
    this.#forget(id);
  }

  /** Whether a batch may be written in its transaction, at its turn. @throws Refusal */
  assertMayWrite({ producerId, producerEpoch }: BatchOrigin): void {
    const id = this.#idOf.get(producerId);
    if (id === undefined)
      throw new Refusal('INVALID_PRODUCER_ID_MAPPING', `producer ${producerId} is unknown`);
    const known = this.#options.state.transactional.get(id);
    if (known?.producerId !== producerId || known.producerEpoch !== producerEpoch) {
      throw new Refusal('INVALID_PRODUCER_EPOCH', `another producer has opened ${id}`);
    }
    if (known.state !== 'ongoing')
      throw new Refusal('INVALID_TXN_STATE', `${id} has no transaction under way`);
  }

  /** Aborts transactions that have been open for too long: nobody else could end them. */
  async expire(): Promise<void> {
    const now = this.#options.now();
    for (const [id, begunAt] of this.#begunAt) {
      const known = this.#options.state.transactional.get(id);
      if (known !== undefined && now - begunAt > known.timeoutMs) await this.#abort(id);
    }
  }

  /** Aborts what was open when the log was closed or its process died: its offsets are lost. */
  async abortLeftOpen(): Promise<void> {
    for (const { id, state } of this.all) if (state === 'ongoing') await this.#abort(id);
  }

  /** The epoch goes on, so that the producer finds out. */
  async #abort(id: string): Promise<void> {
    const { state, now } = this.#options;
    await this.#alone(() => {
      const known = state.transactional.get(id);
      if (known?.state !== 'ongoing') return nothing;
      const ending = this.#ending(known, 'abort');
      const producerEpoch = known.producerEpoch + 1;
      const transactional = [{ ...known, producerEpoch, state: 'aborted', at: now() } as const];
      return { ...ending, event: { ...ending.event, transactional } };
    });
    this.#forget(id);
  }

  /** Ends what a producer has open; where it is aborted, with a control batch in each partition. */
  #ending(known: TransactionalId, outcome: 'commit' | 'abort'): LogChange {
    const { producerId } = known;
    const logs = this.#openPartitions(producerId);
    const partitions = logs.map(({ topicId, partition }) => [topicId, partition] as const);
    const ended = { producerId, outcome, partitions };
    if (outcome === 'commit') return change({ ended });
    const source = controlBatch(known, outcome, this.#options.now());
    const records = logs.map((log) => ({ log, source, from: 0, to: source.length, isShared: true }));
    return { event: { ended }, records, bytes: sizeOf(records) };
  }

  #openPartitions(producerId: number): PartitionLog[] {
    return [...this.#options.state.topics.values()].flatMap(({ state }) =>
      state.filter(({ knownProducers }) => knownProducers?.open.has(producerId) === true),
    );
  }

  #offsetsOf(id: string): GroupOffsets[] {
    return [...(this.#offsets.get(id) ?? [])].map(([group, offsets]) => ({
      group,
      commits: [...offsets.values()],
    }));
  }

  /** @throws Refusal unless this is the producer that opened the id last */
  #assertCurrent(id: string, { producerId, producerEpoch }: ProducerEpoch): TransactionalId {
    const known = this.#options.state.transactional.get(id);
    if (known?.producerId !== producerId) {
      throw new Refusal('INVALID_PRODUCER_ID_MAPPING', `producer ${producerId} is not that of ${id}`);
    }
    if (known.producerEpoch === producerEpoch) return known;
    throw new Refusal('PRODUCER_FENCED', `another producer has opened ${id}`);
  }

  /** Sees every change before it, and is applied before the next one is planned. */
  async #alone(plan: () => LogChange): Promise<void> {
    await this.#options.writer.submit(plan, { alone: true, bytes: 0 });
  }

  #forget(id: string): void {
    this.#offsets.delete(id);
    this.#begunAt.delete(id);
  }
}

const nothing: LogChange = { event: {}, records: [], bytes: 0 };

function change(event: LogChange['event']): LogChange {
  return { event, records: [], bytes: 0 };
}

/** A client that goes on after an error is either the current producer, or the one whose answer was lost. */
function assertExpected(known: TransactionalId, { producerId, producerEpoch }: ProducerEpoch): void {
  const isCurrent = known.producerEpoch === producerEpoch || known.producerEpoch === producerEpoch + 1;
  if (known.producerId === producerId && isCurrent) return;
  throw new Refusal('PRODUCER_FENCED', `another producer has opened ${known.id}`);
}
