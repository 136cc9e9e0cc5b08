import { type LogClient, noHeaders, partitionForKey, type ProducerRecord } from '@millrace/log-client';
import { inputTopic, rowsTopic } from './jobs.ts';

const keys = 10_000;
const chunkRecords = 20_000;

export const partitions = 4;

function row(index: number): ProducerRecord {
  const value = JSON.stringify({ name: `product ${index}`, shelf: index % 40, note: 'x'.repeat(40) });
  return { key: `k${index}`, value, timestamp: 1_600_000_000_000, headers: noHeaders };
}

function sale(index: number): ProducerRecord {
  // Spread over the keys without a pattern that a cache would like.
  const key = `k${(index * 7919) % keys}`;
  const value = JSON.stringify({
    id: index,
    quantity: index % 10,
    price: (index % 997) / 100,
    store: `store ${index % 25}`,
    at: 'somewhere in town',
  });
  return { key, value, timestamp: 1_600_000_000_000 + index * 2, headers: noHeaders };
}

/** Makes the input topics and fills them, the same bytes each time. */
export async function load(log: LogClient, records: number): Promise<void> {
  const names = [inputTopic, rowsTopic];
  await log.admin.createTopics(names.map((name) => ({ name, partitions })));
  const producer = await log.producer();
  const send = async (
    topic: string,
    count: number,
    make: (index: number) => ProducerRecord,
  ): Promise<void> => {
    for (let from = 0; from < count; from += chunkRecords) {
      const chunk: ProducerRecord[][] = Array.from({ length: partitions }, () => []);
      for (let index = from; index < Math.min(count, from + chunkRecords); index++) {
        const record = make(index);
        chunk[partitionForKey(Buffer.from(record.key as string), partitions)]!.push(record);
      }
      await producer.send(chunk.map((list, partition) => ({ topic, partition, records: list })));
    }
  };
  await send(rowsTopic, keys, row);
  await send(inputTopic, records, sale);
  await producer.close();
}
