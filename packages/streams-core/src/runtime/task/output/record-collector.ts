import type { PartitionRecords, ProducerRecord } from '@millrace/log-client';

/** Rough bytes of a record beyond its key and value. */
const recordOverhead = 40;

/** What a task has produced since its last commit, by topic and partition. */
export class RecordCollector {
  readonly #topics = new Map<string, ProducerRecord[][]>();
  bytes = 0;
  count = 0;

  add(topic: string, partition: number, record: ProducerRecord): void {
    let partitions = this.#topics.get(topic);
    if (partitions === undefined) {
      partitions = [];
      this.#topics.set(topic, partitions);
    }
    const records = partitions[partition];
    if (records === undefined) partitions[partition] = [record];
    else records.push(record);
    this.count++;
    this.bytes += recordOverhead + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  }

  /** Hands everything over and starts empty. */
  take(): PartitionRecords[] {
    const taken: PartitionRecords[] = [];
    for (const [topic, partitions] of this.#topics) {
      for (const [partition, records] of partitions.entries()) {
        if (records !== undefined) taken.push({ topic, partition, records });
      }
    }
    this.#topics.clear();
    this.bytes = 0;
    this.count = 0;
    return taken;
  }
}
