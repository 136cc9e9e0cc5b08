import type { LogClient, LogProducer } from '@millrace/log-client';
import {
  byPartition,
  RecordPlacer,
  type SourceRecord,
  StreamsError,
  type Topic,
} from '@millrace/streams-core';
import { type Connector, type ConnectorProblem, Retries, startConnector } from './connector.ts';
import { withFencedProducer } from './fenced-producer.ts';
import { type FileLine, FileLines, type FilePosition } from './file-lines.ts';

/** A line of a file, from 1 on. */
export interface LinePlace {
  readonly file: string;
  readonly line: number;
}

export interface FileRelayOptions<K, V> {
  /** Names the relay: of those with one name the last that was started works, and the others are fenced. */
  readonly name: string;
  readonly file: string;
  /** What a line is as a record; undefined: none. */
  readonly record: (line: string, place: LinePlace) => SourceRecord<K, V> | undefined;
  /** Whether it waits for what is appended, as in a log file. Default: it ends with the file. */
  readonly follow?: boolean;
  /** How often to look for lines where there were none, in milliseconds. Default 200. */
  readonly pollMs?: number;
  /** How many lines go into one transaction of the log at most. Default 1000. */
  readonly maxLines?: number;
  /** Called for a line that makes no record, which is then left out. Default: it ends the relay. */
  readonly onUnreadable?: (place: LinePlace, error: Error) => void;
  /** Called before it waits, because the log does not answer. Default: a warning of the process. */
  readonly onProblem?: (problem: ConnectorProblem) => void;
}

/**
 * Takes the lines of a file to a topic, each exactly once: records and the place in the file are in one
 * transaction of the log, and where it begins again it goes on there. A file that begins otherwise than the
 * one that was read, or is shorter, is a new one and is read from its start: so is one that a log rotation
 * has put in its place, once the old one is read to its end.
 * @throws StreamsError `TOPOLOGY_TOPIC_MISSING`
 */
export async function relayFile<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  options: FileRelayOptions<K, V>,
): Promise<Connector> {
  const placer = new RecordPlacer({ validates: true });
  await placer.learn(log, [topic.name], `relayFile "${options.name}"`);
  return startConnector(new FileRun({ log, topic, options, placer }));
}

interface FileParts<K, V> {
  readonly log: LogClient;
  readonly topic: Topic<K, V>;
  readonly options: FileRelayOptions<K, V>;
  readonly placer: RecordPlacer;
}

class FileRun<K, V> {
  readonly #parts: FileParts<K, V>;
  readonly #stopping = new AbortController();
  readonly #retries: Retries;
  written = 0;

  constructor(parts: FileParts<K, V>) {
    this.#parts = parts;
    this.#retries = new Retries(parts.options.onProblem, this.#stopping.signal);
  }

  stop(): void {
    this.#stopping.abort();
  }

  run(): Promise<void> {
    const { log } = this.#parts;
    const { signal } = this.#stopping;
    return withFencedProducer({ log, name: this.#group, signal, retries: this.#retries }, async (producer) =>
      this.#relay(producer, await this.#lastPosition()),
    );
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Until the file is at its end, or where it is followed until it is stopped. */
  async #relay(producer: LogProducer, known: FilePosition | undefined): Promise<void> {
    const { file, follow = false, pollMs = 200, maxLines = 1000 } = this.#parts.options;
    let lines = await FileLines.open(file, known);
    try {
      while (!this.#isStopping) {
        const found = await lines.read(maxLines, { isWhole: !follow });
        if (found.length > 0) await this.#write(producer, found);
        else if (!follow) return;
        else if (await lines.isReplaced()) {
          // What the old one still has without an end of a line is its last line.
          const rest = await lines.read(maxLines, { isWhole: true });
          if (rest.length > 0) await this.#write(producer, rest);
          await lines.close();
          lines = await FileLines.open(file, undefined);
        } else await this.#retries.sleep(pollMs);
      }
    } finally {
      await lines.close();
    }
  }

  async #write(producer: LogProducer, lines: readonly FileLine[]): Promise<void> {
    const { topic, placer } = this.#parts;
    const made = lines.flatMap((line) => this.#recordOf(line) ?? []);
    const records = byPartition(made.map((record) => placer.place(topic, record)));
    const { offset, ...rest } = lines.at(-1)!.next;
    const commit = { topic: topic.name, partition: 0, offset, metadata: JSON.stringify(rest) };
    await producer.commit({ records, offsets: { group: this.#group, commits: [commit] } });
    this.written += made.length;
    this.#retries.succeeded();
  }

  #recordOf({ text, line }: FileLine): SourceRecord<K, V> | undefined {
    const { file, record, onUnreadable } = this.#parts.options;
    const place = { file, line };
    try {
      return record(text, place);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      if (onUnreadable === undefined) {
        throw new StreamsError(
          'RECORD_PRODUCTION',
          `Line ${line} of ${file} makes no record: ${error.message}. Mend it, or leave such lines out with onUnreadable`,
          { cause },
        );
      }
      onUnreadable(place, error);
      return undefined;
    }
  }

  /** Names its producer, and under it the log keeps the place in the file. */
  get #group(): string {
    return `${this.#parts.options.name}-file`;
  }

  async #lastPosition(): Promise<FilePosition | undefined> {
    const place = { topic: this.#parts.topic.name, partition: 0 };
    const [commit] = await this.#parts.log.admin.committed(this.#group, [place]);
    if (commit === undefined) return undefined;
    return { offset: commit.offset, ...(JSON.parse(commit.metadata) as Omit<FilePosition, 'offset'>) };
  }
}
