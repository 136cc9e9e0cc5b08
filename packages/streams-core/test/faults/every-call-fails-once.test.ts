import {
  type GroupMember,
  type LogClient,
  LogError,
  type LogProducer,
  type LogReader,
} from '@millrace/log-client';
import {
  long,
  StreamsApp,
  StreamsBuilder,
  string,
  type Topology,
  topic,
  topicPattern,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { caughtUp, eventually, readTopic, withLog, write } from '../runtime/support.ts';

const clicks = topic('clicks-1', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: long() });
const names = topic('names', { key: string(), value: string() });

/** A pattern, a repartition topic, stores and a global table: every kind of call is made. */
function everything(): Topology {
  const builder = new StreamsBuilder();
  const global = builder.globalTable(names);
  builder
    .stream(topicPattern(/clicks-.*/, { key: string(), value: string() }))
    .leftJoin(
      global,
      (_, key) => key,
      (value, name) => name ?? value,
    )
    .groupBy((value) => value, { key: string() })
    .count({ as: 'per-value' })
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return builder.build();
}

/** Every kind of call that an app makes. */
const kinds = [
  'admin.topics',
  'admin.createTopics',
  'admin.offsets',
  'admin.committed',
  'admin.deleteRecords',
  'log.reader',
  'log.join',
  'log.producer',
  'member.poll',
  'producer.commit',
  'producer.send',
  'reader.poll',
];

/** A log whose n-th call of a kind rejects. */
function failingOnce(log: LogClient, kind: string, nth: number) {
  const seen = { calls: 0, failed: '' };
  const guarded = <T extends object>(target: T, of: string): T =>
    new Proxy(target, {
      get(_, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        const call = value.bind(target) as (...args: unknown[]) => unknown;
        // What answers at once cannot fail for want of an answer; closing is what comes after a failure.
        if (['seek', 'pause', 'resume', 'lag', 'partitions', 'close'].includes(String(property))) return call;
        return (...args: unknown[]) => {
          if (`${of}.${String(property)}` === kind && ++seen.calls === nth) {
            seen.failed = `call ${nth} of ${kind}`;
            return Promise.reject(new LogError('LOG_TIMEOUT', `no answer to ${kind}`));
          }
          return call(...args);
        };
      },
    });
  const failing: LogClient = {
    capabilities: log.capabilities,
    admin: guarded(log.admin, 'admin'),
    producer: async (options) => guarded<LogProducer>(await log.producer(options), 'producer'),
    reader: async (positions) => guarded<LogReader>(await log.reader(positions), 'reader'),
    join: async (options) => guarded<GroupMember>(await log.join(options), 'member'),
    close: () => log.close(),
  };
  return { log: guarded(failing, 'log'), seen };
}

test('whichever call of the log fails once, the app gets over it or says so, and counts exactly once', {
  timeout: 120_000,
}, async () => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  const failed = new Set<string>();
  const cases = kinds.flatMap((kind) => Array.from({ length: 7 }, (_, index) => ({ kind, nth: index + 1 })));
  for (const { kind, nth } of cases) {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(['clicks-1', 'counts', 'names'].map((name) => ({ name, partitions: 1 })));
      await write(log, names, [['a', 'x']]);
      const { log: failing, seen } = failingOnce(log, kind, nth);
      const config = {
        applicationId: 'app',
        log: failing,
        stateDir,
        topicRefreshMs: 20,
        repartitionPurgeIntervalMs: 5,
      };
      const app = new StreamsApp(everything(), config);
      app.done.catch(() => {});
      const started = await app.start().then(
        () => true,
        (error: unknown) => {
          expect(error, seen.failed).toMatchObject({ code: 'LOG_TIMEOUT' });
          return false;
        },
      );
      if (!started) {
        failed.add(kind);
        await app.close().catch(() => {});
        return;
      }
      const values = ['x', 'y', 'x'];
      for (const [n, value] of values.entries()) {
        await write(log, clicks, [['b', value, n]]);
        await caughtUp(log, 'app', 'clicks-1');
      }
      await eventually(`all is counted (${seen.failed})`, async () => {
        return (await readTopic(log, counts)).length === 3;
      });
      await app.close();
      if (seen.failed !== '') failed.add(kind);
      expect((await readTopic(log, counts)).map(({ key, value }) => `${key}=${value}`).toSorted()).toEqual([
        'x=1',
        'x=2',
        'y=1',
      ]);
    });
  }
  process.off('unhandledRejection', listen);
  expect(unhandled).toEqual([]);
  expect([...failed].toSorted()).toEqual(kinds.toSorted());
});
