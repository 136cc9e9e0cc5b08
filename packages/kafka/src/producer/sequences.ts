import { initProducerIdApi } from '@millrace/kafka-protocol/messages';
import type { Broker } from '../cluster/broker.ts';
import { assertOk } from '../errors.ts';

/** A producer's identity, and how many records it has sent to each partition under it. */
export class ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly #next = new Map<string, number>();

  constructor(producerId: number, producerEpoch: number) {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }

  /** The sequence number of the first of `count` records; numbers wrap around at 2^31. */
  take(partition: string, count: number): number {
    const first = this.#next.get(partition) ?? 0;
    this.#next.set(partition, (first + count) % 2 ** 31);
    return first;
  }

  /** Takes numbers back from `first` on: the broker refused their batch, and nothing came after it. */
  giveBack(partition: string, first: number): void {
    this.#next.set(partition, first);
  }
}

/** Gets a producer's identity; one with a transactional id fences those before it. */
export async function identify(
  broker: Broker,
  transactionalId: string | null,
  transactionTimeoutMs: number,
): Promise<ProducerIdentity> {
  const answer = await broker.send(initProducerIdApi, { transactionalId, transactionTimeoutMs });
  assertOk(answer.errorCode, transactionalId ?? undefined);
  return new ProducerIdentity(answer.producerId, answer.producerEpoch);
}
