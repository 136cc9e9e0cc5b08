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
import { inputRecords, inputTopic, runTopology } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { type ReadResult, type Result, tally, tallyFile, tallyTopic } from '../tally.ts';

const gapMs = 25_000;

/** After every minute a minute without records: sessions of about three records for each key. */
const paused = (timestamp: number): number => timestamp + Math.floor(timestamp / 60_000) * 60_000;

interface Session {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

const windowed = sessionWindowed(string());

const ofTopic: ReadResult = (bytes, value) => {
  const { key, window } = windowed.deserialize(bytes);
  return [`${key}@${window.start}-${window.end}`, value.toString()];
};

export const sessionWindow: Job = {
  name: 'session-window',
  what: 'records counted by session, one result for each when it has closed',
  aim: 0.8,

  expected: (records) => tally(closedSessions(records)),

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
      .to(topic(out, { key: windowed, value: json<number | null>() }));
    const cost = await runTopology(fixture, builder.build());
    return { ...cost, results: () => tallyTopic(fixture.log, out, { read: ofTopic }) };
  },

  async hand({ dir, handFile, fresh }) {
    const file = path.join(dir, fresh('sessions.hand'));
    const cost = await timed(async () => {
      const out = await HandWriter.create(file);
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
          for (const [name, oldest] of open) {
            if (oldest.end >= streamTime - gapMs) break;
            out.addText(`${name}@${oldest.start}-${oldest.end}`, String(oldest.count), oldest.end);
            open.delete(name);
            changed.add(name);
          }
          // What is still open is near enough.
          const { start, count } = open.get(key) ?? { start: timestamp, count: 0 };
          open.delete(key);
          open.set(key, { start, end: timestamp, count: count + 1 });
          changed.add(key);
        });
        if (clock.due()) await commit();
      }
      await commit();
      await changelog.close();
      await out.close();
    });
    return { ...cost, results: () => tallyFile(file) };
  },
};

function closedSessions(records: number): Result[] {
  const sessions = new Map<string, Session[]>();
  let streamTime = 0;
  for (const { key, timestamp: recorded } of inputRecords(records)) {
    const time = paused(recorded);
    streamTime = time;
    const own = sessions.get(key) ?? [];
    sessions.set(key, own);
    const last = own.at(-1);
    if (last !== undefined && time - last.end <= gapMs)
      own[own.length - 1] = { ...last, end: time, count: last.count + 1 };
    else own.push({ start: time, end: time, count: 1 });
  }
  return [...sessions].flatMap(([key, own]) =>
    own
      .filter(({ end }) => end < streamTime - gapMs)
      .map(({ start, end, count }): Result => [`${key}@${start}-${end}`, String(count)]),
  );
}
