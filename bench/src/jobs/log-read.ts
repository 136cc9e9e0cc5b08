import { inputRecords, inputTopic } from '../fixture.ts';
import { eachRecord, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';

export const logRead: Job = {
  name: 'log-read',
  what: 'every record of a partition, checksums verified, keys as texts, values as views',
  aim: 0.9,

  /** The sum is that of the lengths: reading is all there is to do. */
  expected(records) {
    let sum = 0;
    for (const { key, value } of inputRecords(records)) sum += key.length + value.length;
    return { count: records, sum };
  },

  async millrace({ log, records }) {
    let [count, sum] = [0, 0];
    const cost = await timed(async () => {
      const reader = await log.reader([{ topic: inputTopic, partition: 0, offset: 0 }]);
      while (count < records) {
        for (const batch of await reader.poll({ maxWaitMs: 100, maxRecords: 5000 })) {
          for (const record of batch.records)
            sum += (record.keyText?.()?.length ?? 0) + (record.value?.length ?? 0);
          count += batch.records.length;
        }
      }
      await reader.close();
    });
    return { ...cost, results: () => Promise.resolve({ count, sum }) };
  },

  async hand({ handFile }) {
    let [count, sum] = [0, 0];
    const cost = await timed(async () => {
      for await (const batch of handRead(handFile)) {
        count += eachRecord(batch, (key, from, to) => {
          sum += key.length + batch.bytes.subarray(from, to).length;
        });
      }
    });
    return { ...cost, results: () => Promise.resolve({ count, sum }) };
  },
};
