import type { LogClient, LogProducer } from '@millrace/log-client';
import {
  byPartition,
  RecordPlacer,
  type SourceRecord,
  StreamsError,
  type Topic,
} from '@millrace/streams-core';
import { type Connector, type ConnectorProblem, Retries, startConnector } from '../connector.ts';
import { withFencedProducer } from '../fenced-producer.ts';
import { type FileLine, FileLines, type FileLinesOptions, type FilePosition } from './file-lines.ts';

/** A line of a file, from 1 on. */
export interface LinePlace {
  readonly file: string;
  readonly line: number;
}

/** What relays of files have in common. */
export interface FileRelaySettings {
  /** Names the relay: of those with one name the last that was started works, and the others are fenced. */
  readonly name: string;
  readonly file: string;
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

export interface FileRelayOptions<K, V> extends FileRelaySettings {
  /** What a line is as a record; undefined: none. */
  readonly record: LineReader<K, V>;
}

export type LineReader<K, V> = (line: string, place: LinePlace) => SourceRecord<K, V> | undefined;

/** How the lines of a file are read. */
export interface FileFormat<K, V> {
  readonly lines: FileLinesOptions;
  /** Called for each file that is opened, with where its reading begins. */
  open(file: string, position: FilePosition): Promise<LineReader<K, V>>;
}

/**
 * Takes the lines of a file to a topic, each exactly once: records and the place in the file are in one
 * transaction of the log, and where it begins again it goes on there. A file that begins otherwise than the
 * one that was read, or is shorter, is a new one and is read from its start: so is one that a log rotation
 * has put in its place, once the old one is read to its end.
 * @throws StreamsError `TOPOLOGY_TOPIC_MISSING`
 */
export function relayFile<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  options: FileRelayOptions<K, V>,
): Promise<Connector> {
  const format = { lines: {}, open: async () => options.record };
  return startFileRelay({ log, topic, options, format });
}

/** As relayFile, for a file of any format. */
export async function startFileRelay<K, V>(parts: Omit<FileParts<K, V>, 'placer'>): Promise<Connector> {
  const { log, topic, options } = parts;
  const placer = new RecordPlacer({ validates: true });
  await placer.learn(log, [topic.name], `file relay "${options.name}"`);
  return startConnector(new FileRun({ ...parts, placer }));
}

interface FileParts<K, V> {
  readonly log: LogClient;
  readonly topic: Topic<K, V>;
  readonly options: FileRelaySettings;
  readonly format: FileFormat<K, V>;
  readonly placer: RecordPlacer;
}

interface OpenFile<K, V> {
  readonly lines: FileLines;
  readonly read: LineReader<K, V>;
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
    const { follow = false, pollMs = 200, maxLines = 1000 } = this.#parts.options;
    let open = await this.#open(known);
    try {
      while (!this.#isStopping) {
        const found = await open.lines.read(maxLines, { isWhole: !follow });
        if (found.length > 0) await this.#write(producer, open, found);
        else if (!follow) return;
        else if (await open.lines.isReplaced()) {
          // What the old one still has without an end of a line is its last line.
          const rest = await open.lines.read(maxLines, { isWhole: true });
          if (rest.length > 0) await this.#write(producer, open, rest);
          await open.lines.close();
          open = await this.#open(undefined);
        } else await this.#retries.sleep(pollMs);
      }
    } finally {
      await open.lines.close();
    }
  }

  async #open(known: FilePosition | undefined): Promise<OpenFile<K, V>> {
    const { options, format } = this.#parts;
    const lines = await FileLines.open(options.file, known, format.lines);
    try {
      return { lines, read: await format.open(options.file, lines.position) };
    } catch (error) {
      await lines.close();
      throw error;
    }
  }

  async #write(producer: LogProducer, { read }: OpenFile<K, V>, lines: readonly FileLine[]): Promise<void> {
    const { topic, placer } = this.#parts;
    const made = lines.flatMap((line) => this.#recordOf(read, line) ?? []);
    const records = byPartition(made.map((record) => placer.place(topic, record)));
    const { offset, ...rest } = lines.at(-1)!.next;
    const commit = { topic: topic.name, partition: 0, offset, metadata: JSON.stringify(rest) };
    await producer.commit({ records, offsets: { group: this.#group, commits: [commit] } });
    this.written += made.length;
    this.#retries.succeeded();
  }

  #recordOf(read: LineReader<K, V>, { text, line }: FileLine): SourceRecord<K, V> | undefined {
    const { file, onUnreadable } = this.#parts.options;
    const place = { file, line };
    try {
      return read(text, place);
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
