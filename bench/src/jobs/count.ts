import path from 'node:path';
import { bytes, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { Level } from 'level';
import { inputTopic, runTopology } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { type Job, timed } from '../job.ts';

function encodeCount(count: number): Buffer {
  const encoded = Buffer.allocUnsafe(8);
  encoded.writeUInt32BE(0, 0);
  encoded.writeUInt32BE(count, 4);
  return encoded;
}

export const count: Job = {
  name: 'count',
  what: 'count per key: Level store and changelog, 10 thousand keys, exactly once, 100 ms commits',
  aim: 0.5,

  async millrace(fixture) {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(inputTopic, { key: string(), value: bytes() }))
      .groupByKey()
      .count({ as: 'counts' });
    return runTopology(fixture, builder.build());
  },

  hand: ({ dir, handFile, fresh }) =>
    timed(async () => {
      const changelog = await HandWriter.create(path.join(dir, fresh('changelog.hand')));
      const db = new Level<string, Buffer>(path.join(dir, fresh('level')), { valueEncoding: 'buffer' });
      await db.open();
      const counts = new Map<string, number>();
      const changed = new Set<string>();
      const clock = new CommitClock();
      let lastTimestamp = 0;
      const commit = async (): Promise<void> => {
        const batch = db.batch();
        for (const key of changed) {
          const value = encodeCount(counts.get(key)!);
          changelog.add(Buffer.from(key), value, lastTimestamp);
          batch.put(key, value);
        }
        changed.clear();
        await changelog.flush(true);
        await batch.write();
      };
      for await (const batch of handRead(handFile)) {
        eachRecord(batch, (key, _from, _to, timestamp) => {
          counts.set(key, (counts.get(key) ?? 0) + 1);
          changed.add(key);
          lastTimestamp = timestamp;
        });
        if (clock.due()) await commit();
      }
      await commit();
      await changelog.close();
      await db.close();
    }),
};
