import type { PartitionRecords, ProducerRecord, RecordList } from '@millrace/log-client';

/** Rough bytes of a record beyond its key and value. */
const recordOverhead = 40;

/** Makes a list for records; `expectedBytes`: about how much will be added. */
export type NewRecordList = (expectedBytes?: number) => RecordList;

/** What a task has produced since its last commit, by topic and partition. */
export class RecordCollector {
  readonly #newList: NewRecordList;
  /** What a list had in the end, on average, when it was last looked at. */
  #expectedBytes = 0;
  readonly #topics = new Map<string, (RecordList | undefined)[]>();
  /** In the order of their first records. */
  #made: PartitionRecords[] = [];
  bytes = 0;
  count = 0;

  constructor(newList: NewRecordList = () => []) {
    this.#newList = newList;
  }

  add(topic: string, partition: number, record: ProducerRecord): void {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.#topics.set(topic, partitions);
    }
    let records = partitions[partition];
    if (records === undefined) {
      records = this.#newList(this.#expectedBytes);
      partitions[partition] = records;
      this.#made.push({ topic, partition, records });
    }
    records.push(record);
    this.count++;
    this.bytes += recordOverhead + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  }

  /** Hands everything over and starts empty. */
  take(): PartitionRecords[] {
    const taken = this.#made;
    this.#made = [];
    if (taken.length > 0) this.#expectedBytes = Math.ceil(this.bytes / taken.length);
    // Not by going through all partitions: a task writes to few of them, mostly to its own.
    for (const { topic, partition } of taken) this.#topics.get(topic)![partition] = undefined;
    this.bytes = 0;
    this.count = 0;
    return taken;
  }
}
