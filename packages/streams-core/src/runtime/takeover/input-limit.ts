import { type LogClient, type TopicPartition, topicPartitionKey } from '@millrace/log-client';

/** How far inputs may be read. */
export interface InputLimit {
  /** Whether anything is limited now. */
  readonly isActive: boolean;
  /** Called before each poll. */
  refresh(): Promise<void>;
  /** The offset that is not to be passed; undefined where there is none. */
  of(partition: TopicPartition): number | undefined;
}

/** How often to look how far another group has read, in milliseconds. */
const lookMs = 50;

export interface FollowOptions {
  readonly log: LogClient;
  /** The group that goes ahead. */
  readonly group: string;
  readonly partitions: readonly TopicPartition[];
}

/** No further than another group has committed; where that has committed nothing, not at all. */
export class FollowedGroup implements InputLimit {
  readonly isActive = true;
  readonly #options: FollowOptions;
  readonly #limits: Map<string, number>;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#limits = new Map(
      options.partitions.map(({ topic, partition }) => [topicPartitionKey(topic, partition), 0]),
    );
  }

  async refresh(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt < lookMs) return;
    const { log, group, partitions } = this.#options;
    const committed = await log.admin.committed(group, partitions);
    for (const [index, { topic, partition }] of partitions.entries())
      this.#limits.set(topicPartitionKey(topic, partition), committed[index]?.offset ?? 0);
    this.#lookedAt = performance.now();
  }

  of({ topic, partition }: TopicPartition): number | undefined {
    return this.#limits.get(topicPartitionKey(topic, partition));
  }
}

/** While an app drains: nothing more of its inputs; its own topics without a limit. */
export class DrainLimit implements InputLimit {
  readonly #isDraining: () => boolean;
  readonly #isOwn: (topic: string) => boolean;

  constructor(isDraining: () => boolean, isOwn: (topic: string) => boolean) {
    this.#isDraining = isDraining;
    this.#isOwn = isOwn;
  }

  get isActive(): boolean {
    return this.#isDraining();
  }

  async refresh(): Promise<void> {}

  of({ topic }: TopicPartition): number | undefined {
    return this.#isOwn(topic) ? undefined : 0;
  }
}
