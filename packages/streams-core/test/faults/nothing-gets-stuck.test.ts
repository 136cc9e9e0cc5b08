import { setTimeout as sleep } from 'node:timers/promises';
import type { LogClient } from '@millrace/log-client';
import { StreamsApp, StreamsBuilder, string, type Topology, topic } from '@millrace/streams-core';
import { expect, test, vi } from 'vitest';
import { Punctuations } from '../../src/runtime/task/process/punctuation.ts';
import { clicks, counts, countClicks, topics } from '../runtime/click-counts.ts';
import { caughtUp, eventually, readTopic, withLog, write } from '../runtime/support.ts';

const output = topic('copied', { key: string(), value: string() });
const copied = (partitions: number) => ['clicks', 'copied'].map((name) => ({ name, partitions }));

/** Takes so long over each record, without giving anything else a turn. */
const slow = (ms: number): Topology => {
  const builder = new StreamsBuilder();
  builder
    .stream(clicks)
    .mapValues((value) => {
      for (const end = performance.now() + ms; performance.now() < end; );
      return value;
    })
    .to(output);
  return builder.build();
};

test('a function that takes long over each record holds up neither commits nor timers, on several partitions', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics(copied(8));
    await write(
      log,
      clicks,
      Array.from({ length: 24 }, (_, n) => [`k${n}`, String(n)] as const),
    );
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const app = new StreamsApp(slow(150), { applicationId: 'app', log });
    await app.start();
    await eventually('the first results are there long before the last', async () => {
      const found = (await readTopic(log, output)).length;
      return found > 0 && found < 12;
    });
    await caughtUp(log, 'app', 'clicks');
    clearInterval(timer);
    await app.close();
    expect(await readTopic(log, output)).toHaveLength(24);
    // A record, and what else a round does; not a record for each partition.
    expect(longest).toBeLessThan(900);
  });
});

/** A log whose members are counted, and whose joins and reads can be made to take a while. */
function watched(log: LogClient, { joinMs = 0, readMs = 0 }) {
  const members = { open: 0, joining: 0 };
  const join = log.join.bind(log);
  log.join = async (options) => {
    members.joining++;
    await sleep(joinMs);
    const member = await join(options);
    members.joining--;
    members.open++;
    const close = member.close.bind(member);
    let closed = false;
    member.close = async () => {
      if (!closed) members.open--;
      closed = true;
      await close();
    };
    return member;
  };
  const reader = log.reader.bind(log);
  log.reader = async (positions) => {
    const made = await reader(positions);
    const poll = made.poll.bind(made);
    made.poll = async (options) => {
      await sleep(readMs);
      return poll({ ...options, maxRecords: 1 });
    };
    return made;
  };
  return members;
}

test('an app that is closed while it starts leaves no member behind, and start says so', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(1));
    const members = watched(log, { joinMs: 100 });
    const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
    const started = expect(app.start()).rejects.toMatchObject({ code: 'APP_CLOSED' });
    await eventually('it joins', () => members.joining === 1);
    await app.close();
    // After close() the process may end or close the log: no join may be under way.
    expect(members).toEqual({ open: 0, joining: 0 });
    await started;
    expect(app.state).toBe('closed');
    const next = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
    await write(log, clicks, [['a', 'x']]);
    await next.start();
    await caughtUp(log, 'app', 'clicks');
    await next.close();
  });
});

test('an app that is closed while it restores stops restoring, and lets go of its stores', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(1));
    await write(
      log,
      clicks,
      Array.from({ length: 500 }, (_, n) => [`k${n}`, 'x'] as const),
    );
    // Many commits, so that the changelog has many batches.
    const often = { commitIntervalMs: 0, maxPollRecords: 5 };
    const first = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir, ...often });
    await first.start();
    await caughtUp(log, 'app', 'clicks');
    await first.close();
    const members = watched(log, { readMs: 20 });
    const restored: number[] = [];
    const config = {
      applicationId: 'app',
      log,
      stateDir: `${stateDir}/fresh`,
      stateRestoreListener: { onBatchRestored: (_: unknown, end: number) => void restored.push(end) },
    };
    const app = new StreamsApp(countClicks(), config);
    await app.start();
    await eventually('it restores', () => restored.length > 3);
    const began = performance.now();
    await app.close();
    expect(performance.now() - began).toBeLessThan(3000);
    expect(restored.length).toBeLessThan(400);
    expect(members.open).toBe(0);
  });
});

test('closing three times at once is closing once', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(2));
    await write(log, clicks, [
      ['a', 'x'],
      ['b', 'x'],
    ]);
    const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
    await app.start();
    await caughtUp(log, 'app', 'clicks');
    await Promise.all([app.close(), app.close(), app.close()]);
    await app.close();
    expect(await readTopic(log, counts)).toHaveLength(2);
  });
});

test('at least once: results and changelogs go out with each round, offsets by the interval', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(1));
    const app = new StreamsApp(countClicks(), {
      applicationId: 'app',
      log,
      stateDir,
      processingGuarantee: 'at_least_once',
      commitIntervalMs: 600_000,
    });
    await app.start();
    await write(log, clicks, [
      ['a', 'x'],
      ['a', 'x'],
    ]);
    await eventually('results are there', async () => (await readTopic(log, counts)).length === 2);
    const changelog = { topic: 'app-clicks-per-key-changelog', partition: 0 };
    expect((await log.admin.offsets([changelog]))[0]!.end).toBeGreaterThan(0);
    expect(await log.admin.committed('app', [{ topic: 'clicks', partition: 0 }])).toEqual([undefined]);
    await app.close();
    expect(await log.admin.committed('app', [{ topic: 'clicks', partition: 0 }])).toMatchObject([
      { offset: 2 },
    ]);
    // The store stands where its changelog ends: nothing is restored.
    let restored = 0;
    const again = new StreamsApp(countClicks(), {
      applicationId: 'app',
      log,
      stateDir,
      stateRestoreListener: { onBatchRestored: (_, _end, records) => void (restored += records) },
    });
    await write(log, clicks, [['a', 'x']]);
    await again.start();
    await caughtUp(log, 'app', 'clicks');
    await again.close();
    expect(restored).toBe(0);
    expect((await readTopic(log, counts)).map(({ value }) => value)).toEqual([1, 2, 3]);
  });
});

test('exactly once: an app that has caught up commits at once, whatever the interval', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics(1));
    const app = new StreamsApp(countClicks(), {
      applicationId: 'app',
      log,
      stateDir,
      commitIntervalMs: 600_000,
    });
    await app.start();
    for (let n = 1; n <= 3; n++) {
      await write(log, clicks, [['a', 'x']]);
      await eventually('it is committed', async () => (await readTopic(log, counts)).length === n);
    }
    await app.close();
  });
});

test('a wall clock that is set back silences no punctuator, anchored ones included', () => {
  const punctuations = new Punctuations();
  const calls: string[] = [];
  const schedule = (name: string, startAtMs: number | undefined): void => {
    const callback = (time: number): void => void calls.push(`${name}@${time}`);
    punctuations.schedule(
      { intervalMs: 1000, type: 'wall-clock-time', callback, startAtMs },
      { due: 0, time: 3_600_000 },
    );
  };
  schedule('plain', undefined);
  schedule('anchored', 500);
  void punctuations.fire('wall-clock-time', { due: 500, time: 3_600_500 });
  void punctuations.fire('wall-clock-time', { due: 1000, time: 3_601_000 });
  // An hour back.
  void punctuations.fire('wall-clock-time', { due: 1500, time: 1500 });
  void punctuations.fire('wall-clock-time', { due: 2000, time: 2000 });
  void punctuations.fire('wall-clock-time', { due: 2500, time: 2500 });
  expect(calls).toEqual([
    'anchored@3600500',
    'plain@3601000',
    'anchored@1500',
    'plain@2000',
    'anchored@2500',
  ]);
});

test('an app whose wall clock is set back goes on calling its punctuators', async () => {
  await withLog(async (log) => {
    await log.admin.createTopics([{ name: 'clicks', partitions: 1 }]);
    const builder = new StreamsBuilder();
    let calls = 0;
    builder.stream(clicks).process((context) => {
      context.schedule(5, 'wall-clock-time', () => void calls++);
      return () => {};
    });
    const app = new StreamsApp(builder.build(), { applicationId: 'app', log });
    await app.start();
    await eventually('it is called', () => calls > 0);
    const { now } = Date;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
    try {
      const before = calls;
      await eventually('it is called again', () => calls > before + 2);
    } finally {
      clock.mockRestore();
    }
    await app.close();
  });
});
