import path from 'node:path';
import {
  bytes,
  json,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { Level } from 'level';
import { type Fixture, inputRecords, inputTopic, runTopology } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { type ReadResult, type Result, tally, tallyFile, tallyTopic } from '../tally.ts';

/** Timestamps are 2 ms apart: a window holds 30,000 records, about three for each key. */
const sizeMs = 60_000;
const graceMs = 5_000;

function encode(key: string, start: number, value: number): { key: Buffer; value: Buffer } {
  const encodedKey = Buffer.allocUnsafe(Buffer.byteLength(key) + 12);
  const at = encodedKey.write(key);
  encodedKey.writeDoubleBE(start, at);
  encodedKey.writeUInt32BE(0, at + 8);
  const encodedValue = Buffer.alloc(8);
  encodedValue.writeUInt32BE(value, 4);
  return { key: encodedKey, value: encodedValue };
}

const windowed = timeWindowed(string(), sizeMs);

const ofTopic: ReadResult = (bytes, value) => {
  const { key, window } = windowed.deserialize(bytes);
  return [`${key}@${window.start}`, value.toString()];
};

/** The hand-written file holds the changelogs as well. */
const ofFile: ReadResult = (bytes, value) => {
  const key = bytes.toString();
  return /^key-\d+@\d+$/.test(key) ? [key, value.toString()] : undefined;
};

/** With a buffer for what waits, or with windows kept once (`optimize: { windowsOnce: true }`). */
const windowCountJob = (windowsOnce: boolean): Job => ({
  name: windowsOnce ? 'window-count-once' : 'window-count',
  what: windowsOnce
    ? 'tumbling-window count, suppressed until the window closes, kept in one store'
    : 'tumbling-window count, suppressed until the window closes',
  aim: 0.7,

  expected: (records) => tally(closedWindows(records)),

  async millrace(fixture) {
    const out = fixture.fresh('windows');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder({ optimize: { windowsOnce } });
    builder
      .stream(topic(inputTopic, { key: string(), value: bytes() }))
      .groupByKey()
      .windowedBy(TimeWindows.of(sizeMs).grace(graceMs))
      .count({ as: 'counts' })
      .suppress(untilWindowCloses({ name: 'final' }))
      .toStream()
      .to(topic(out, { key: windowed, value: json<number | null>() }));
    const cost = await runTopology(fixture, builder.build());
    return { ...cost, results: () => tallyTopic(fixture.log, out, { read: ofTopic }) };
  },

  hand: (fixture) => countByHand(fixture, windowsOnce),
});

export const windowCount = windowCountJob(false);
export const windowCountOnce = windowCountJob(true);

/** Windows in a Map, their rows in a file and in LevelDB; what waits is logged once more, or not. */
async function countByHand({ dir, handFile, fresh }: Fixture, windowsOnce: boolean): ReturnType<Job['hand']> {
  const file = path.join(dir, fresh('windows.hand'));
  const cost = await timed(async () => {
    const log = await HandWriter.create(file);
    const db = new Level<Buffer, Buffer>(path.join(dir, fresh('level')), {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    await db.open();
    const windows = new Map<number, Map<string, number>>();
    const changed = new Map<number, Set<string>>();
    const clock = new CommitClock();
    let streamTime = -1;
    const commit = async (): Promise<void> => {
      const batch = db.batch();
      for (const [start, keys] of changed) {
        for (const key of keys) {
          const value = windows.get(start)?.get(key);
          const encoded = encode(key, start, value ?? 0);
          // Once for the counts' changelog, once for that of what waits for its window to close.
          log.add(encoded.key, encoded.value, streamTime);
          if (!windowsOnce) log.add(encoded.key, encoded.value, streamTime);
          if (value === undefined) batch.del(encoded.key);
          else batch.put(encoded.key, encoded.value);
        }
      }
      changed.clear();
      await log.flush(true);
      await batch.write();
    };
    const close = (start: number, counts: Map<string, number>): void => {
      let touched = changed.get(start);
      if (touched === undefined) changed.set(start, (touched = new Set()));
      for (const [key, value] of counts) {
        log.addText(`${key}@${start}`, String(value), streamTime);
        touched.add(key);
      }
      windows.delete(start);
    };
    for await (const batch of handRead(handFile)) {
      eachRecord(batch, (key, _from, _to, timestamp) => {
        if (timestamp > streamTime) streamTime = timestamp;
        const start = timestamp - (timestamp % sizeMs);
        if (start + sizeMs <= streamTime - graceMs) return;
        let counts = windows.get(start);
        if (counts === undefined) windows.set(start, (counts = new Map()));
        counts.set(key, (counts.get(key) ?? 0) + 1);
        let touched = changed.get(start);
        if (touched === undefined) changed.set(start, (touched = new Set()));
        touched.add(key);
        for (const [open, found] of windows) {
          if (open + sizeMs > streamTime - graceMs) break;
          close(open, found);
        }
      });
      if (clock.due()) await commit();
    }
    await commit();
    await log.close();
    await db.close();
  });
  return { ...cost, results: () => tallyFile(file, { read: ofFile }) };
}

function closedWindows(records: number): Result[] {
  const counts = new Map<string, number>();
  let streamTime = 0;
  for (const { key, timestamp } of inputRecords(records)) {
    const window = `${key}@${timestamp - (timestamp % sizeMs)}`;
    counts.set(window, (counts.get(window) ?? 0) + 1);
    streamTime = timestamp;
  }
  const hasClosed = (window: string) =>
    Number(window.slice(window.indexOf('@') + 1)) + sizeMs + graceMs <= streamTime;
  return [...counts].filter(([window]) => hasClosed(window)).map(([window, n]) => [window, String(n)]);
}
