import { kafkaLog } from '@millrace/kafka';
import type { PartitionRecords, ProducerRecord } from '@millrace/log-client';
import { type ClientOptions, type MeasuredClient, partitions } from './measured-client.ts';

export async function millrace({ brokers, topics, values }: ClientOptions): Promise<MeasuredClient> {
  const log = kafkaLog({ brokers });
  const plain = await log.producer();
  const named = await log.producer({ transactionalId: topics.named });
  const entries = (topic: string, from: number, to: number): PartitionRecords[] => {
    const lists = Array.from({ length: partitions }, (): ProducerRecord[] => []);
    for (let n = from; n < to; n++) {
      lists[n % partitions]!.push({ key: `key ${n}`, value: values[n]!, timestamp: n, headers: [] });
    }
    return lists.map((records, partition) => ({ topic, partition, records }));
  };
  return {
    send: (from, to) => plain.send(entries(topics.plain, from, to)),
    transact: (from, to) => named.commit({ records: entries(topics.named, from, to) }),
    async read(topic, count) {
      const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }));
      const reader = await log.reader(all);
      let bytes = 0;
      for (let found = 0; found < count; ) {
        for (const { records } of await reader.poll({ maxWaitMs: 100, maxRecords: 5000 })) {
          found += records.length;
          for (const { value } of records) bytes += value!.length;
        }
      }
      await reader.close();
      return bytes;
    },
    close: () => log.close(),
  };
}
