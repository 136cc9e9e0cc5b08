import path from 'node:path';
import { bytes, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { Level } from 'level';
import { inputRecords, type InputShape, inputTopic, runTopology, usual, usualOfMore } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { type TallyOptions, tally, tallyFile, tallyTopic } from '../tally.ts';

function encodeCount(count: number): Buffer {
  const encoded = Buffer.allocUnsafe(8);
  encoded.writeUInt32BE(0, 0);
  encoded.writeUInt32BE(count, 4);
  return encoded;
}

/** The last of each key in the changelog. */
const changelogResults: TallyOptions = {
  lastOnly: true,
  read: (key, value) => [key.toString(), value.readBigInt64BE().toString()],
};

const countJob = (name: string, shape: InputShape): Job => ({
  name,
  what: `count per key: Level store and changelog, ${shape.keys} keys, exactly once, 100 ms commits`,
  aim: 0.8,
  shape,

  expected(records) {
    const counts = new Map<string, number>();
    for (const { key } of inputRecords(records, shape)) counts.set(key, (counts.get(key) ?? 0) + 1);
    return tally([...counts].map(([key, value]) => [key, String(value)]));
  },

  async millrace(fixture) {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(inputTopic, { key: string(), value: bytes() }))
      .groupByKey()
      .count({ as: 'counts' });
    const applicationId = fixture.fresh('counter');
    const cost = await runTopology(fixture, builder.build(), { applicationId });
    const changelog = `${applicationId}-counts-changelog`;
    return { ...cost, results: () => tallyTopic(fixture.log, changelog, changelogResults) };
  },

  async hand({ dir, handFile, fresh }) {
    const file = path.join(dir, fresh('changelog.hand'));
    const cost = await timed(async () => {
      const changelog = await HandWriter.create(file);
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
    });
    return { ...cost, results: () => tallyFile(file, changelogResults) };
  },
});

export const count = countJob('count', usualOfMore);
export const countManyKeys = countJob('count-1m-keys', { ...usual, keys: 1_000_000 });
