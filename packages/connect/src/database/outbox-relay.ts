import type { LogClient, LogProducer } from '@millrace/log-client';
import { byPartition, RecordPlacer, type Topic } from '@millrace/streams-core';
import { type Connector, startConnector, type ConnectorProblem, Retries } from '../connector.ts';
import { withFencedProducer } from '../fenced-producer.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';

export interface OutboxRelayOptions {
  /** Names the relay: of those with one name the last that was started works, and the others are fenced. */
  readonly name: string;
  /** How often to look for rows where there were none, in milliseconds. Default 200. */
  readonly pollMs?: number;
  /** How many rows go into one transaction of the log at most. Default 100. */
  readonly maxRows?: number;
  /** Called before it waits, because database or log do not answer. Default: a warning of the process. */
  readonly onProblem?: (problem: ConnectorProblem) => void;
}

/** Logs keep some kilobytes with an offset: the ids of one transaction have to fit. */
const maxIdsLength = 3000;

/**
 * Takes the rows of an outbox table to a topic, each exactly once: records and the ids of their rows are in
 * one transaction of the log, and rows are deleted after it. Where it begins again, the rows of the last
 * transaction are deleted first. Rows may become visible in any order: none is passed over.
 * @throws StreamsError `TOPOLOGY_TOPIC_MISSING`
 */
export async function relayOutbox<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  outbox: Outbox<K, V>,
  options: OutboxRelayOptions,
): Promise<Connector> {
  const placer = new RecordPlacer({ validates: true });
  await placer.learn(log, [topic.name], `relayOutbox "${options.name}"`);
  return startConnector(new RelayRun({ log, topic, outbox, options, placer }));
}

interface RelayParts<K, V> {
  readonly log: LogClient;
  readonly topic: Topic<K, V>;
  readonly outbox: Outbox<K, V>;
  readonly options: OutboxRelayOptions;
  readonly placer: RecordPlacer;
}

class RelayRun<K, V> {
  readonly #parts: RelayParts<K, V>;
  readonly #stopping = new AbortController();
  readonly #retries: Retries;
  written = 0;

  constructor(parts: RelayParts<K, V>) {
    this.#parts = parts;
    this.#retries = new Retries(parts.options.onProblem, this.#stopping.signal);
  }

  stop(): void {
    this.#stopping.abort();
  }

  run(): Promise<void> {
    const { log, outbox } = this.#parts;
    const { signal } = this.#stopping;
    return withFencedProducer(
      { log, name: this.#group, signal, retries: this.#retries },
      async (producer) => {
        await outbox.remove(await this.#idsOfLastCommit());
        await this.#relay(producer);
      },
    );
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #relay(producer: LogProducer): Promise<void> {
    const { outbox, options } = this.#parts;
    const { pollMs = 200, maxRows = 100 } = options;
    while (!this.#isStopping) {
      const entries = thatFit(await outbox.read(maxRows));
      if (entries.length === 0) await this.#retries.sleep(pollMs);
      else await this.#write(producer, entries);
    }
  }

  async #write(producer: LogProducer, entries: readonly OutboxEntry<K, V>[]): Promise<void> {
    const { topic, outbox, placer } = this.#parts;
    const ids = entries.map(({ id }) => id);
    const records = byPartition(entries.map(({ record }) => placer.place(topic, record)));
    const commit = { ...this.#place, offset: 0, metadata: JSON.stringify(ids) };
    await producer.commit({ records, offsets: { group: this.#group, commits: [commit] } });
    this.written += entries.length;
    this.#retries.succeeded();
    await outbox.remove(ids);
  }

  /** Names its producer, and under it the log keeps the ids, with an offset that says nothing. */
  get #group(): string {
    return `${this.#parts.options.name}-outbox`;
  }

  get #place(): { readonly topic: string; readonly partition: number } {
    return { topic: this.#parts.topic.name, partition: 0 };
  }

  async #idsOfLastCommit(): Promise<readonly string[]> {
    const [commit] = await this.#parts.log.admin.committed(this.#group, [this.#place]);
    return commit === undefined ? [] : (JSON.parse(commit.metadata) as string[]);
  }
}

/** As many of the first rows as their ids fit beside an offset; one at least. */
function thatFit<K, V>(entries: readonly OutboxEntry<K, V>[]): readonly OutboxEntry<K, V>[] {
  let length = 0;
  const end = entries.findIndex(({ id }, index) => {
    length += JSON.stringify(id).length + 1;
    return length > maxIdsLength && index > 0;
  });
  return end < 0 ? entries : entries.slice(0, end);
}
