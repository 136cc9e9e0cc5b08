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
