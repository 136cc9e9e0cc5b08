import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import type { Fixture } from '../fixture.ts';
import { HandWriter } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { tally, tallyFile, tallyTopic } from '../tally.ts';

const commitRecords = 10_000;

function chunks(records: number) {
  const value = Buffer.from(
    JSON.stringify({ id: 123_456, product: 'p123', quantity: 7, price: 12.3, note: 'as ordered, by post' }),
  );
  const one = Array.from({ length: commitRecords }, (_, n) => ({
    key: Buffer.from(`key-${n}`),
    value,
    timestamp: n,
    headers: noHeaders,
  }));
  return Array.from({ length: Math.ceil(records / commitRecords) }, () => one);
}

export const logAppend: Job = {
  name: 'log-append',
  what: 'commits of 10 thousand records, no sync, against framing and write',
  aim: 0.9,

  expected: (records) =>
    tally(
      chunks(records).flatMap((chunk) => chunk.map(({ key, value }) => [key.toString(), value.toString()])),
    ),

  async millrace({ dir, records, fresh }: Fixture) {
    const log = await EmbeddedLog.open({ dir: path.join(dir, fresh('append-log')), durability: 'os' });
    const topic = 'append';
    await log.admin.createTopics([{ name: topic, partitions: 1 }]);
    const producer = await log.producer();
    const input = chunks(records);
    const cost = await timed(async () => {
      for (const chunk of input)
        await producer.commit({ records: [{ topic, partition: 0, records: chunk }] });
    });
    return {
      ...cost,
      results: async () => {
        const results = await tallyTopic(log, topic);
        await log.close();
        return results;
      },
    };
  },

  async hand({ dir, records, fresh }: Fixture) {
    const file = path.join(dir, fresh('append.hand'));
    const writer = await HandWriter.create(file);
    const input = chunks(records);
    const cost = await timed(async () => {
      for (const chunk of input) {
        for (const { key, value, timestamp } of chunk) writer.add(key, value, timestamp);
        await writer.flush(false);
      }
    });
    await writer.close();
    return { ...cost, results: () => tallyFile(file) };
  },
};
