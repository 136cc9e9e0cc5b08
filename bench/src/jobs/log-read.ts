import { inputTopic } from '../fixture.ts';
import { eachRecord, handRead } from '../hand.ts';
import { type Job, timed } from '../job.ts';

export const logRead: Job = {
  name: 'log-read',
  what: 'every record of a partition, checksums verified, keys as texts, values as views',
  aim: 0.7,

  millrace: ({ log, records }) =>
    timed(async () => {
      const reader = await log.reader([{ topic: inputTopic, partition: 0, offset: 0 }]);
      let [count, letters] = [0, 0];
      while (count < records) {
        for (const batch of await reader.poll({ maxWaitMs: 100, maxRecords: 5000 })) {
          for (const record of batch.records) {
            letters += record.keyText?.()?.length ?? 0;
            if (record.value === null) throw new Error('no value');
          }
          count += batch.records.length;
        }
      }
      await reader.close();
      if (letters === 0) throw new Error('no keys');
    }),

  hand: ({ handFile, records }) =>
    timed(async () => {
      let [count, letters] = [0, 0];
      for await (const batch of handRead(handFile)) {
        count += eachRecord(batch, (key, from, to) => {
          letters += key.length;
          if (batch.bytes.subarray(from, to).length === 0) throw new Error('no value');
        });
      }
      if (count !== records || letters === 0) throw new Error(`${count} of ${records} records`);
    }),
};
