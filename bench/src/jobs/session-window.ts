import path from 'node:path';
import {
  bytes,
  EmitStrategy,
  json,
  SessionWindows,
  sessionWindowed,
  StreamsBuilder,
  string,
  topic,
} from '@millrace/streams-core';
import { inputTopic, runTopology } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { type Job, timed } from '../job.ts';

const gapMs = 25_000;

/** After every minute a minute without records: sessions of about three records for each key. */
const paused = (timestamp: number): number => timestamp + Math.floor(timestamp / 60_000) * 60_000;

interface Session {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

export const sessionWindow: Job = {
  name: 'session-window',
  what: 'records counted by session, one result for each when it has closed',
  aim: 0.5,

  async millrace(fixture) {
    const out = fixture.fresh('sessions');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder();
    builder
      .stream(topic(inputTopic, { key: string(), value: bytes() }), {
        timestampExtractor: ({ timestamp }) => paused(timestamp),
      })
      .groupByKey()
      .windowedBy(SessionWindows.of(gapMs), { emit: EmitStrategy.onWindowClose })
      .count()
      .toStream()
      .to(topic(out, { key: sessionWindowed(string()), value: json<number | null>() }));
    return runTopology(fixture, builder.build());
  },

  hand: ({ dir, handFile, fresh }) =>
    timed(async () => {
      const out = await HandWriter.create(path.join(dir, fresh('sessions.hand')));
      const changelog = await HandWriter.create(path.join(dir, fresh('open.hand')));
      /** By key, the one that ended first at the front. */
      const open = new Map<string, Session>();
      const changed = new Set<string>();
      const clock = new CommitClock();
      let streamTime = -1;
      const commit = async (): Promise<void> => {
        for (const key of changed) {
          const session = open.get(key);
          changelog.addText(
            key,
            session === undefined ? '' : `${session.start} ${session.end} ${session.count}`,
            streamTime,
          );
        }
        changed.clear();
        await changelog.flush(true);
        await out.flush(true);
      };
      for await (const batch of handRead(handFile)) {
        eachRecord(batch, (key, _from, _to, recorded) => {
          const timestamp = paused(recorded);
          if (timestamp > streamTime) streamTime = timestamp;
          const session = open.get(key);
          const joins = session !== undefined && timestamp - session.end <= gapMs;
          if (session !== undefined) open.delete(key);
          const { start, count } = joins ? session : { start: timestamp, count: 0 };
          open.set(key, { start, end: timestamp, count: count + 1 });
          changed.add(key);
          for (const [name, oldest] of open) {
            if (oldest.end >= streamTime - gapMs) break;
            out.addText(`${name}@${oldest.start}-${oldest.end}`, String(oldest.count), oldest.end);
            open.delete(name);
            changed.add(name);
          }
        });
        if (clock.due()) await commit();
      }
      await commit();
      await changelog.close();
      await out.close();
    }),
};
