import {
  isLogError,
  type LogError,
  type PartitionRecords,
  type ProducerRecord,
  type RejectedRecord,
} from '@millrace/log-client';
import { ConfigError, RecordError } from '../../errors.ts';
import type { StreamRecord } from '../../record/record.ts';
import type { ProductionExceptionHandler } from '../../handlers.ts';
import type { TaskOutput } from '../task/task-options.ts';
import type { TopicDirectory } from '../task/topic-directory.ts';

/** What was written in the end, and the offset of each entry's first record. */
export interface Delivered {
  readonly records: readonly PartitionRecords[];
  readonly baseOffsets: readonly number[];
}

/**
 * Writes what a task has made. Where the log refuses a single record, the production handler decides what
 * becomes of it.
 */
export class Delivery {
  readonly #onError: ProductionExceptionHandler;
  readonly #directory: TopicDirectory;

  constructor(onError: ProductionExceptionHandler, directory: TopicDirectory) {
    this.#onError = onError;
    this.#directory = directory;
  }

  /** @throws RecordError, or what `write` rejected with */
  async run(
    { changelogs, records }: TaskOutput,
    write: (records: readonly PartitionRecords[]) => Promise<readonly number[]>,
  ): Promise<Delivered> {
    for (let left = records; ; ) {
      try {
        return { records: left, baseOffsets: await write(left) };
      } catch (error) {
        if (!isLogError(error)) throw error;
        if (error.rejected === undefined) throw this.#asked(error);
        left = this.#without(left, changelogs, error.rejected, error);
      }
    }
  }

  /** A log that did not answer in time: the handler may end the app; anything else tries again. */
  #asked(error: LogError): unknown {
    if (!error.retriable) return error;
    const failure = new RecordError('RECORD_PRODUCTION', {
      what: 'Results could not be written',
      node: 'a commit',
      origin: undefined,
      cause: error,
    });
    return this.#onError(failure, undefined) === 'fail' ? failure : error;
  }

  #without(
    entries: readonly PartitionRecords[],
    changelogs: number,
    { entry: at, index }: RejectedRecord,
    cause: LogError,
  ): readonly PartitionRecords[] {
    const entry = entries[at]!;
    const records = [...entry.records];
    const record = records[index]!;
    const what =
      at < changelogs
        ? `A row could not be written to the changelog "${entry.topic}", and its store would lose it`
        : `A record for "${entry.topic}" could not be written`;
    const error = new RecordError('RECORD_PRODUCTION', {
      what,
      node: `partition ${entry.partition}`,
      origin: undefined,
      cause,
    });
    // Left out of a changelog, a row would come back as it was before.
    if (at < changelogs) throw error;
    const response = this.#onError(error, record as StreamRecord<unknown, unknown>);
    if (response === 'fail' || response === 'retry') throw error;
    const kept = records.filter((_, place) => place !== index);
    const left = entries.with(at, { ...entry, records: kept });
    return response === 'continue'
      ? left
      : [...left, this.#deadLetter(response.deadLetterTopic, entry, record, cause)];
  }

  #deadLetter(
    topic: string,
    { topic: from, partition }: PartitionRecords,
    record: ProducerRecord,
    cause: LogError,
  ): PartitionRecords {
    const count = this.#directory.knownPartitions(topic);
    if (count === undefined) {
      throw new ConfigError(
        `The productionExceptionHandler sends records to the topic "${topic}", which was not named when the app was made: name it in "deadLetterTopics"`,
        { cause },
      );
    }
    const reason = Object.entries({
      exception: cause.code,
      message: cause.message,
      topic: from,
      partition: String(partition),
    });
    const headers = reason.map(([key, value]) => ({
      key: `__streams.errors.${key}`,
      value: Buffer.from(value),
    }));
    // What was too large for one topic is too large for another: its key and headers say which it was.
    const value = cause.code === 'LOG_TOO_LARGE' ? null : record.value;
    const letter = { ...record, value, headers: [...record.headers, ...headers] };
    return { topic, partition: partition % count, records: [letter] };
  }
}
