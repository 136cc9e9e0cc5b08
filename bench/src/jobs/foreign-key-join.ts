import path from 'node:path';
import { StreamsBuilder, string, topic } from '@millrace/streams-core';
import { inputRecords, inputTopic, keys, runTopology } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { type TallyOptions, tally, tallyFile, tallyTopic } from '../tally.ts';

/** The row that a record points at: one of 977, another each time its key comes again. */
function pointsAt(value: string): string {
  const from = value.indexOf(':"p') + 3;
  return `key-${value.slice(from, value.indexOf('"', from))}`;
}

/** Answers that come too late are left out, and how many do depends on how far behind the join is. */
const lastResults: TallyOptions = { lastOnly: true };

export const foreignKeyJoin: Job = {
  name: 'foreign-key-join',
  what: 'rows joined with the row that their value points at, which changes every time',
  aim: 0.35,

  expected(records) {
    const results = new Map<string, string>();
    for (const { key, value } of inputRecords(records))
      results.set(key, `row-${pointsAt(value).slice(4)}:${value.length}`);
    return tally(results);
  },

  async millrace(fixture) {
    const out = fixture.fresh('pointed');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder();
    const rows = builder.table(topic('rows', { key: string(), value: string() }));
    builder
      .table(topic(inputTopic, { key: string(), value: string() }))
      .join(rows, pointsAt, (value, row) => `${row}:${value.length}`)
      .toStream()
      .to(topic(out, { key: string(), value: string() as never }));
    const cost = await runTopology(fixture, builder.build(), { sources: [inputTopic, 'rows'] });
    return { ...cost, results: () => tallyTopic(fixture.log, out, lastResults) };
  },

  /**
   * In one partition nothing has to travel: the row is looked up at once, and who points at it is remembered.
   */
  async hand({ dir, handFile, fresh }) {
    const file = path.join(dir, fresh('pointed.hand'));
    const cost = await timed(async () => {
      const out = await HandWriter.create(file);
      const changelog = await HandWriter.create(path.join(dir, fresh('left.hand')));
      const rows = new Map<string, string>(
        Array.from({ length: keys }, (_, n) => [`key-${n}`, `row-${n}`] as const),
      );
      const left = new Map<string, string>();
      const pointing = new Map<string, Set<string>>();
      const clock = new CommitClock();
      for await (const batch of handRead(handFile)) {
        eachRecord(batch, (key, from, to, timestamp) => {
          const value = batch.bytes.toString('utf8', from, to);
          const before = left.get(key);
          const target = pointsAt(value);
          if (before !== undefined) {
            const past = pointsAt(before);
            pointing.get(past)?.delete(key);
            // Without it, the row would point at both after a restart.
            changelog.addText(`${past}/${key}`, '', timestamp);
          }
          left.set(key, value);
          const members = pointing.get(target);
          if (members === undefined) pointing.set(target, new Set([key]));
          else members.add(key);
          changelog.addText(key, value, timestamp);
          changelog.addText(`${target}/${key}`, '+', timestamp);
          const row = rows.get(target);
          if (row !== undefined) out.addText(key, `${row}:${value.length}`, timestamp);
        });
        if (clock.due()) {
          await changelog.flush(true);
          await out.flush(true);
        }
      }
      await changelog.flush(true);
      await out.flush(true);
      await changelog.close();
      await out.close();
    });
    return { ...cost, results: () => tallyFile(file, lastResults) };
  },
};
