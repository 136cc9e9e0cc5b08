import path from 'node:path';
import { bytes, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { Level } from 'level';
import { inputRecords, inputTopic, keys, runTopology, usualOfMore } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { type Result, tally, tallyFile, tallyTopic } from '../tally.ts';

export const streamTableJoin: Job = {
  name: 'stream-table-join',
  what: 'each record joined with its row in a table of 10 thousand',
  aim: 0.7,
  shape: usualOfMore,

  expected: (records) => tally(joined(records)),

  async millrace(fixture) {
    const out = fixture.fresh('joined');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder();
    const rows = builder.table(topic('rows', { key: string(), value: string() }), { as: 'rows' });
    builder
      .stream(topic(inputTopic, { key: string(), value: bytes() }))
      .join(rows, (value, row) => `${row}:${value.length}`)
      .to(topic(out, { key: string(), value: string() }));
    const cost = await runTopology(fixture, builder.build());
    return { ...cost, results: () => tallyTopic(fixture.log, out) };
  },

  async hand({ dir, handFile, fresh }) {
    const file = path.join(dir, fresh('joined.hand'));
    const cost = await timed(async () => {
      const out = await HandWriter.create(file);
      const changelog = await HandWriter.create(path.join(dir, fresh('rows.hand')));
      const db = new Level<string, string>(path.join(dir, fresh('level')));
      await db.open();
      const rows = new Map<string, string>();
      const batch = db.batch();
      for (let n = 0; n < keys; n++) {
        rows.set(`key-${n}`, `row-${n}`);
        changelog.addText(`key-${n}`, `row-${n}`, 0);
        batch.put(`key-${n}`, `row-${n}`);
      }
      await changelog.flush(true);
      await changelog.close();
      await batch.write();
      const clock = new CommitClock();
      for await (const records of handRead(handFile)) {
        eachRecord(records, (key, from, to, timestamp) => {
          const row = rows.get(key);
          if (row !== undefined) out.addText(key, `${row}:${to - from}`, timestamp);
        });
        if (clock.due()) await out.flush(true);
      }
      await out.flush(true);
      await out.close();
      await db.close();
    });
    return { ...cost, results: () => tallyFile(file) };
  },
};

function* joined(records: number): Generator<Result> {
  for (const { key, value } of inputRecords(records)) yield [key, `row-${key.slice(4)}:${value.length}`];
}
