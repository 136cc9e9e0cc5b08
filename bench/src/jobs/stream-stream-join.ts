import path from 'node:path';
import { bytes, JoinWindows, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { inputRecords, inputTopic, runTopology } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { type Result, tally, tallyFile, tallyTopic } from '../tally.ts';

/** A key comes every 20 seconds: each record meets itself and the one before it, from both sides. */
const differenceMs = 20_000;

interface Kept {
  readonly timestamp: number;
  readonly length: number;
}

export const streamStreamJoin: Job = {
  name: 'stream-stream-join',
  what: 'two streams joined by key within 20 seconds, three results a record',
  aim: 0.5,

  expected: (records) => tally(pairs(records)),

  async millrace(fixture) {
    const out = fixture.fresh('pairs');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder();
    const stream = builder.stream(topic(inputTopic, { key: string(), value: bytes() }));
    stream
      .join(stream, (a, b) => `${a.length}+${b.length}`, JoinWindows.of(differenceMs))
      .to(topic(out, { key: string(), value: string() }));
    const cost = await runTopology(fixture, builder.build());
    return { ...cost, results: () => tallyTopic(fixture.log, out) };
  },

  async hand({ dir, handFile, fresh }) {
    const file = path.join(dir, fresh('pairs.hand'));
    const cost = await timed(async () => {
      const out = await HandWriter.create(file);
      // Each side keeps its records, and writes them to a changelog of its own.
      const changelogs = [
        await HandWriter.create(path.join(dir, fresh('left.hand'))),
        await HandWriter.create(path.join(dir, fresh('right.hand'))),
      ] as const;
      const sides = [new Map<string, Kept[]>(), new Map<string, Kept[]>()] as const;
      const clock = new CommitClock();
      const commit = async (): Promise<void> => {
        for (const one of [...changelogs, out]) await one.flush(true);
      };
      const keep = (side: Map<string, Kept[]>, key: string, kept: Kept): void => {
        const list = side.get(key);
        if (list === undefined) side.set(key, [kept]);
        else {
          if (list[0]!.timestamp < kept.timestamp - differenceMs) list.shift();
          list.push(kept);
        }
      };
      for await (const batch of handRead(handFile)) {
        eachRecord(batch, (key, from, to, timestamp) => {
          const own = { timestamp, length: to - from };
          const value = batch.bytes.subarray(from, to);
          const keyBytes = Buffer.from(key);
          for (const [index, side] of sides.entries()) {
            keep(side, key, own);
            changelogs[index]!.add(keyBytes, value, timestamp);
            for (const other of sides[1 - index]!.get(key) ?? []) {
              if (timestamp - other.timestamp > differenceMs) continue;
              const [a, b] = index === 0 ? [own, other] : [other, own];
              out.addText(key, `${a.length}+${b.length}`, timestamp);
            }
          }
        });
        if (clock.due()) await commit();
      }
      await commit();
      for (const one of [...changelogs, out]) await one.close();
    });
    return { ...cost, results: () => tallyFile(file) };
  },
};

function* pairs(records: number): Generator<Result> {
  const lasts = new Map<string, Kept>();
  for (const { key, value, timestamp } of inputRecords(records)) {
    const { length } = value;
    const last = lasts.get(key);
    if (last !== undefined && timestamp - last.timestamp <= differenceMs) {
      yield [key, `${length}+${last.length}`];
      yield [key, `${last.length}+${length}`];
    }
    yield [key, `${length}+${length}`];
    lasts.set(key, { timestamp, length });
  }
}
