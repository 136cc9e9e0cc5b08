import {
  type GroupMember,
  isLogError,
  type LogClient,
  type LogRecord,
  type RecordBatch,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import { StreamsError, type Topic, type TopicRecord } from '@millrace/streams-core';
import { type Connector, startConnector, type ConnectorProblem, Retries } from './connector.ts';
import type { Claim, Destination } from './destination.ts';
import { DestinationError, SinkFencedError } from './errors.ts';
import { evenAssignor } from './even-assignor.ts';

export interface SinkToOptions {
  /** The consumer group, whose members share the partitions. */
  readonly group: string;
  /** Where to begin in a partition of which nothing was written yet. Default `earliest`. */
  readonly offsetReset?: 'earliest' | 'latest';
  /** About how many records one transaction has at most. Default 1000. */
  readonly maxRecords?: number;
  /**
   * Called before it waits, because the destination does not answer, and where records were deleted before it
   * has read them. Default: a warning of the process.
   */
  readonly onProblem?: (problem: ConnectorProblem) => void;
  /** Called for a record that its serdes cannot read, which is then left out. Default: it ends the sink. */
  readonly onUnreadable?: (
    place: { readonly topic: string; readonly partition: number; readonly offset: number },
    error: Error,
  ) => void;
}

const pollMs = 100;
/** What another claim gets over: a partition that is with another one, an offset that is gone. */
const again: ReadonlySet<string> = new Set(['LOG_FENCED', 'LOG_OFFSET_OUT_OF_RANGE']);

/**
 * Writes the records of a topic into a destination, each exactly once: rows and offsets are written in one
 * transaction, and where it begins again the destination's offset counts. Several may run; they share the
 * partitions, and one that has lost a partition is fenced. A destination that does not answer is tried again;
 * a mistake, such as a column that is not there, ends it.
 * @throws StreamsError `TOPOLOGY_TOPIC_MISSING`
 */
export async function sinkTo<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  destination: Destination<K, V>,
  options: SinkToOptions,
): Promise<Connector> {
  const info = (await log.admin.topics([topic.name])).get(topic.name);
  if (info === undefined) {
    throw new StreamsError(
      'TOPOLOGY_TOPIC_MISSING',
      `The topic "${topic.name}", which goes into ${destination.name}, is not there: create it first, by createTopics(log, [topic])`,
    );
  }
  return startConnector(new SinkRun({ log, topic, destination, options, topicId: info.id }));
}

interface SinkParts<K, V> {
  readonly log: LogClient;
  readonly topic: Topic<K, V>;
  readonly topicId: string;
  readonly destination: Destination<K, V>;
  readonly options: SinkToOptions;
}

class SinkRun<K, V> {
  readonly #parts: SinkParts<K, V>;
  readonly #claims = new Map<string, Claim>();
  readonly #stopping = new AbortController();
  readonly #retries: Retries;
  written = 0;

  constructor(parts: SinkParts<K, V>) {
    this.#parts = parts;
    this.#retries = new Retries(parts.options.onProblem, this.#stopping.signal);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#parts.destination.open();
        await this.#runAsMember();
      } catch (error) {
        await this.#waitAfter(error);
      }
    }
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** @throws what is no use to try again */
  async #waitAfter(error: unknown): Promise<void> {
    const mayRetry =
      error instanceof SinkFencedError ||
      (error instanceof DestinationError && error.retriable) ||
      (isLogError(error) && (error.retriable || again.has(error.code)));
    if (!mayRetry) throw error;
    await this.#retries.waitAfter(error);
  }

  /** Takes part in the group until it is stopped, or something fails: then all is claimed again. */
  async #runAsMember(): Promise<void> {
    const { log, topic, options } = this.#parts;
    this.#claims.clear();
    const member: GroupMember = await log.join({
      group: options.group,
      topics: [topic.name],
      assignor: evenAssignor,
      maxPollIntervalMs: 300_000,
      onAssigned: (partitions) => this.#claim(member, partitions),
      onRevoked: async (partitions) => this.#forget(partitions),
      onLost: async (partitions) => this.#forget(partitions),
    });
    try {
      while (!this.#isStopping) {
        const batches = await member.poll({ maxWaitMs: pollMs, maxRecords: options.maxRecords ?? 1000 });
        if (batches.length > 0) await this.#write(member, batches);
      }
    } finally {
      await member.close();
    }
  }

  #forget(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#claims.delete(topicPartitionKey(topic, partition));
  }

  /** What the destination says counts, whatever the group has committed. */
  async #claim(member: GroupMember, partitions: readonly TopicPartition[]): Promise<void> {
    const { log, destination, options, topicId } = this.#parts;
    const ranges = await log.admin.offsets(partitions);
    for (const [index, { topic, partition }] of partitions.entries()) {
      const claim = { topic, partition, group: options.group, topicId };
      const { epoch, offset } = await destination.claim(claim);
      this.#claims.set(topicPartitionKey(topic, partition), { ...claim, epoch });
      const { start, end } = ranges[index]!;
      const reset = options.offsetReset === 'latest' ? end : start;
      if (offset !== undefined && offset < start) this.#retries.missed(missed(claim, offset, start));
      member.seek({ topic, partition }, Math.max(start, offset ?? reset));
      member.resume({ topic, partition });
    }
  }

  async #write(member: GroupMember, batches: readonly RecordBatch[]): Promise<void> {
    const records: TopicRecord<K, V>[] = [];
    const offsets: { claim: Claim; offset: number }[] = [];
    for (const { topic, partition, records: found, nextOffset } of batches) {
      const claim = this.#claims.get(topicPartitionKey(topic, partition));
      if (claim === undefined) continue;
      for (const record of found) this.#read(record, claim, records);
      offsets.push({ claim, offset: nextOffset });
    }
    await this.#parts.destination.write({ records, offsets });
    this.written += records.length;
    this.#retries.succeeded();
    // For those who look at the group's lag: the destination's offsets are what counts.
    const commits = offsets.map(({ claim: { topic, partition }, offset }) => {
      return { topic, partition, offset, metadata: '' };
    });
    await member.commit(commits).catch((error: unknown) => {
      if (!isLogError(error)) throw error;
    });
  }

  #read(record: LogRecord, { topic: name, partition }: Claim, into: TopicRecord<K, V>[]): void {
    const { topic, options } = this.#parts;
    const { key, value, offset, timestamp, headers } = record;
    try {
      into.push({
        topic: name,
        partition,
        offset,
        timestamp,
        key: key === null ? null : topic.key.deserialize(key),
        value: value === null ? null : topic.value.deserialize(value),
        headers,
      });
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      if (options.onUnreadable === undefined) {
        throw new StreamsError(
          'RECORD_DESERIALIZATION',
          `Record ${name}-${partition} @ ${offset} cannot be read: ${cause.message}. Say onUnreadable to leave such records out`,
          { cause },
        );
      }
      options.onUnreadable({ topic: name, partition, offset }, cause);
    }
  }
}

function missed({ topic, partition }: TopicPartition, offset: number, start: number): Error {
  return new Error(
    `${topicPartitionKey(topic, partition)} no longer holds offset ${offset}, which was to be written next; writing continues at ${start}, ${start - offset} offsets are missed`,
  );
}
