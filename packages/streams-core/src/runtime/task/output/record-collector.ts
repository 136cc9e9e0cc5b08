import type { PartitionRecords, ProducerRecord, RecordList } from '@millrace/log-client';

/** Rough bytes of a record beyond its key and value. */
const recordOverhead = 40;

/** Makes a list for records; `expectedBytes`: about how much will be added. */
export type NewRecordList = (expectedBytes?: number) => RecordList;

/** What was produced for a topic since the last commit, by partition. */
export interface ProducedFor {
  readonly topic: string;
  readonly partitions: (RecordList | undefined)[];
}

/** What a task has produced since its last commit. */
export class RecordCollector {
  readonly #newList: NewRecordList;
  /** What a list had in the end, on average, when it was last looked at. */
  #expectedBytes = 0;
  readonly #topics = new Map<string, ProducedFor>();
  /** In the order of their first records. */
  #made: PartitionRecords[] = [];
  bytes = 0;
  count = 0;

  constructor(newList: NewRecordList = () => []) {
    this.#newList = newList;
  }

  /** Where records for a topic go: to be looked up once where the topic is always the same. */
  of(topic: string): ProducedFor {
    let produced = this.#topics.get(topic);
    if (produced === undefined) {
      produced = { topic, partitions: [] };
      this.#topics.set(topic, produced);
    }
    return produced;
  }

  add({ topic, partitions }: ProducedFor, partition: number, record: ProducerRecord): void {
    const records = partitions[partition] ?? this.#begin(topic, partitions, partition);
    records.push(record);
    this.count++;
    this.bytes += recordOverhead + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  }

  #begin(topic: string, partitions: ProducedFor['partitions'], partition: number): RecordList {
    const records = this.#newList(this.#expectedBytes);
    partitions[partition] = records;
    this.#made.push({ topic, partition, records });
    return records;
  }

  /** Hands everything over and starts empty. */
  take(): PartitionRecords[] {
    const taken = this.#made;
    this.#made = [];
    if (taken.length > 0) this.#expectedBytes = Math.ceil(this.bytes / taken.length);
    // Not by going through all partitions: a task writes to few of them, mostly to its own.
    for (const { topic, partition } of taken) this.#topics.get(topic)!.partitions[partition] = undefined;
    this.bytes = 0;
    this.count = 0;
    return taken;
  }
}
