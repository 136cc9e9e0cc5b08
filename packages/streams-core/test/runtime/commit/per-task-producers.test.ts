import { EmbeddedLog } from '@millrace/embedded-log';
import { type LogClient, LogError, type LogProducer } from '@millrace/log-client';
import { integer, nullable, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { eventually, readTopic, withFolder, write } from '../support.ts';

// A log whose commits do not carry the group's generation, as Kafka: each task has a producer that fences.

interface Seen {
  readonly log: LogClient;
  /** The transactional ids that were opened, in order. */
  readonly opened: (string | undefined)[];
  readonly closed: string[];
}

function withoutFencedOffsets(log: EmbeddedLog): Seen {
  const opened: (string | undefined)[] = [];
  const closed: string[] = [];
  const wrapped: LogClient = {
    capabilities: { ...log.capabilities, groupFencedOffsets: false },
    admin: log.admin,
    reader: (positions) => log.reader(positions),
    join: (options) => log.join(options),
    close: () => log.close(),
    producer: async (options = {}) => {
      opened.push(options.transactionalId);
      const producer = await log.producer(options);
      const counted: LogProducer = {
        commit: (transaction) => producer.commit(transaction),
        send: (records) => producer.send(records),
        close: async () => {
          closed.push(options.transactionalId ?? '');
          await producer.close();
        },
      };
      return counted;
    },
  };
  return { log: wrapped, opened, closed };
}

const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: nullable(integer()) });

function counting(): ReturnType<StreamsBuilder['build']> {
  const builder = new StreamsBuilder();
  builder.stream(words).groupByKey().count({ name: 'n' }).toStream().to(counts);
  return builder.build();
}

async function withSeen(body: (seen: Seen, stateDir: string) => Promise<void>): Promise<void> {
  await withFolder(async (stateDir) => {
    const log = await EmbeddedLog.inMemory();
    await log.admin.createTopics([
      { name: 'words', partitions: 2 },
      { name: 'counts', partitions: 2 },
    ]);
    await body(withoutFencedOffsets(log), stateDir).finally(() => log.close());
  });
}

const keys = ['a', 'b', 'c', 'd', 'e'];
const once = keys.map((key) => [key, 'x'] as const);

async function lastCounts(log: LogClient): Promise<Record<string, number | null>> {
  return Object.fromEntries((await readTopic(log, counts)).map(({ key, value }) => [key, value]));
}

const all = (count: number) => Object.fromEntries(keys.map((key) => [key, count]));

describe('exactly once', () => {
  test('each task opens a producer of its own name before anything of it is read, and closes it', async () => {
    await withSeen(async (seen, stateDir) => {
      const app = new StreamsApp(counting(), { applicationId: 'app', log: seen.log, stateDir });
      await app.start();
      await write(seen.log, words, once);
      await eventually(
        'all are counted',
        async () => Object.keys(await lastCounts(seen.log)).length === keys.length,
      );
      await app.close();
      const named = seen.opened.filter((id) => id !== undefined);
      expect(named.toSorted()).toEqual(['app-0_0', 'app-0_1']);
      expect(seen.closed.filter((id) => id !== '').toSorted()).toEqual(['app-0_0', 'app-0_1']);
      expect(await lastCounts(seen.log)).toEqual(all(1));
    });
  });

  test('counts go on over restarts, with the state of before', async () => {
    await withSeen(async (seen, stateDir) => {
      for (let round = 1; round <= 3; round++) {
        const app = new StreamsApp(counting(), { applicationId: 'app', log: seen.log, stateDir });
        await app.start();
        await write(seen.log, words, once);
        await eventually('all are counted', async () => (await lastCounts(seen.log))['e'] === round);
        await app.close();
        expect(await lastCounts(seen.log)).toEqual(all(round));
      }
    });
  });

  test('an instance whose producer was taken over commits nothing more, and begins again', async () => {
    await withSeen(async (seen, stateDir) => {
      const app = new StreamsApp(counting(), { applicationId: 'app', log: seen.log, stateDir });
      await app.start();
      await write(seen.log, words, once);
      await eventually('all are counted', async () => (await lastCounts(seen.log))['e'] === 1);
      const before = seen.opened.length;
      // As another instance would.
      await seen.log.producer({ transactionalId: 'app-0_0' });
      await seen.log.producer({ transactionalId: 'app-0_1' });
      await write(seen.log, words, once);
      await eventually('it has begun again', () => seen.opened.length > before + 2);
      await eventually('all are counted once more', async () => (await lastCounts(seen.log))['e'] === 2);
      await app.close();
      expect(await lastCounts(seen.log)).toEqual(all(2));
    });
  });

  test('a record that the log refuses is left out by the handler; the task fences again and commits the rest', async () => {
    await withSeen(async (seen, stateDir) => {
      const refusing: LogClient = {
        ...seen.log,
        producer: async (options) => {
          const producer = await seen.log.producer(options);
          const isBad = (value: unknown): boolean => String(value).includes('bad');
          return {
            ...producer,
            send: (records) => producer.send(records),
            close: () => producer.close(),
            commit: (transaction) => {
              for (const [entry, { records }] of transaction.records.entries()) {
                const index = [...records].findIndex(({ value }) => isBad(value));
                const rejected = { entry, index };
                if (index >= 0) return Promise.reject(new LogError('LOG_TOO_LARGE', 'refused', { rejected }));
              }
              return producer.commit(transaction);
            },
          };
        },
      };
      const builder = new StreamsBuilder();
      builder.stream(words).to(topic('counts', { key: string(), value: string() }));
      const app = new StreamsApp(builder.build(), {
        applicationId: 'app',
        log: refusing,
        stateDir,
        productionExceptionHandler: () => 'continue',
      });
      await app.start();
      const opened = seen.opened.length;
      const records = ['1', 'bad', '3'].map((value) => ['k', value] as const);
      await write(seen.log, words, records);
      const out = topic('counts', { key: string(), value: string() });
      await eventually('the rest is there', async () => (await readTopic(seen.log, out)).length === 2);
      await app.close();
      expect((await readTopic(seen.log, out)).map(({ value }) => value)).toEqual(['1', '3']);
      expect(seen.opened.slice(opened).some((id) => id?.startsWith('app-0_') === true)).toBe(true);
    });
  });
});

test('at least once all tasks share one producer without a name', async () => {
  await withSeen(async (seen, stateDir) => {
    const app = new StreamsApp(counting(), {
      applicationId: 'app',
      log: seen.log,
      stateDir,
      processingGuarantee: 'at_least_once',
    });
    await app.start();
    await write(seen.log, words, once);
    await eventually('all are counted', async () => (await lastCounts(seen.log))['e'] === 1);
    await app.close();
    expect(seen.opened.every((id) => id === undefined)).toBe(true);
  });
});
