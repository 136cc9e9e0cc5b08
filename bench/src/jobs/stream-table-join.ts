import path from 'node:path';
import { bytes, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { Level } from 'level';
import { inputTopic, keys, runTopology } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { type Job, timed } from '../job.ts';

export const streamTableJoin: Job = {
  name: 'stream-table-join',
  what: 'each record joined with its row in a table of 10 thousand',
  aim: 0.5,

  async millrace(fixture) {
    const out = fixture.fresh('joined');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder();
    const rows = builder.table(topic('rows', { key: string(), value: string() }), { as: 'rows' });
    builder
      .stream(topic(inputTopic, { key: string(), value: bytes() }))
      .join(rows, (value, row) => `${row}:${value.length}`)
      .to(topic(out, { key: string(), value: string() }));
    return runTopology(fixture, builder.build());
  },

  hand: ({ dir, handFile, fresh }) =>
    timed(async () => {
      const out = await HandWriter.create(path.join(dir, fresh('joined.hand')));
      const db = new Level<string, string>(path.join(dir, fresh('level')));
      await db.open();
      const rows = new Map<string, string>();
      const batch = db.batch();
      for (let n = 0; n < keys; n++) {
        rows.set(`key-${n}`, `row-${n}`);
        out.addText(`key-${n}`, `row-${n}`, 0);
        batch.put(`key-${n}`, `row-${n}`);
      }
      await out.flush(true);
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
    }),
};
