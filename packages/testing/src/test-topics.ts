import { type LogRecord, type PartitionRecords, type RecordSequence, toBytes } from '@millrace/log-client';

/** What stands in for a log: the records of every topic, one partition each, as they were produced. */
export class TestTopics {
  readonly #outputs = new Map<string, LogRecord[]>();
  readonly #ends = new Map<string, number>();
  readonly producedNames = new Set<string>();
  readonly #kept = new Map<string, LogRecord[]>();

  /** Topics whose records are all kept, also after they were read. */
  constructor(keep: ReadonlySet<string>) {
    for (const name of keep) this.#kept.set(name, []);
  }

  /** All that has been written to a topic that is kept. */
  kept(topic: string): readonly LogRecord[] {
    return this.#kept.get(topic) ?? [];
  }

  /** Gives records the next offsets of their topic. */
  append(topic: string, records: RecordSequence): LogRecord[] {
    const start = this.#ends.get(topic) ?? 0;
    this.#ends.set(topic, start + records.length);
    const placed = [...records].map(({ key, value, timestamp, headers }, index) => ({
      key: key === null ? null : toBytes(key),
      value: value === null ? null : toBytes(value),
      timestamp,
      headers,
      offset: start + index,
    }));
    this.#kept.get(topic)?.push(...placed);
    return placed;
  }

  /** Takes a task's records; returns them with offsets, topic by topic. */
  produce(
    produced: readonly PartitionRecords[],
  ): { readonly topic: string; readonly records: LogRecord[] }[] {
    return produced.map(({ topic, records }) => {
      this.producedNames.add(topic);
      const placed = this.append(topic, records);
      this.output(topic).push(...placed);
      return { topic, records: placed };
    });
  }

  /** What was produced to a topic and not read yet. */
  output(topic: string): LogRecord[] {
    let queue = this.#outputs.get(topic);
    if (queue === undefined) {
      queue = [];
      this.#outputs.set(topic, queue);
    }
    return queue;
  }
}
