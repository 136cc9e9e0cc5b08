import {
  EmitStrategy,
  JoinWindows,
  json,
  long,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  type Topology,
  topic,
  topicPattern,
  untilWindowCloses,
} from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';
import { caughtUp, eventually, manyTurns, readTopic, withLog, write } from './support.ts';

const topics = (...names: string[]) => names.map((name) => ({ name, partitions: 1 }));
const numbers = topic('numbers', { key: string(), value: long() });

describe('a stream without records', () => {
  const windows = TimeWindows.of(50);
  const other = { ...input, name: 'other' };
  const topologies: Record<string, (builder: StreamsBuilder) => void> = {
    'emits windows that close': (builder) =>
      builder
        .stream(input)
        .groupByKey()
        .windowedBy(windows, { emit: EmitStrategy.onWindowClose })
        .count()
        .toStream((_count, { key }) => key)
        .to(output),
    'lets suppressed results go': (builder) =>
      builder
        .stream(input)
        .groupByKey()
        .windowedBy(windows)
        .count()
        .suppress(untilWindowCloses())
        .toStream((_count, { key }) => key)
        .to(output),
    'gives up waiting for partners': (builder) =>
      builder
        .stream(input)
        .leftJoin(builder.stream(other), (a, b) => `${a}+${b}`, JoinWindows.of(50))
        .to(output),
  };

  test.each(Object.entries(topologies))(
    'moves on with the wall clock where that is wanted: %s',
    async (_name, build) => {
      await withLog(async (log, stateDir) => {
        await log.admin.createTopics(topics('input', 'other', 'output'));
        const builder = new StreamsBuilder();
        build(builder);
        const app = new StreamsApp(builder.build(), {
          applicationId: 'idle',
          log,
          stateDir,
          idleAdvanceMs: 20,
        });
        await app.start();
        await write(log, input, [['a', 1, 1000]]);
        await eventually('a result', async () => (await readTopic(log, output)).length === 1);
        await app.close();
      });
    },
  );

  test('a stream without records keeps its stream time where idleAdvanceMs is not set', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics('input', 'other', 'output'));
      const builder = new StreamsBuilder();
      topologies['emits windows that close']!(builder);
      const app = new StreamsApp(builder.build(), { applicationId: 'idle', log, stateDir });
      await app.start();
      await write(log, input, [['a', 1, 1000]]);
      await caughtUp(log, 'idle', 'input');
      await manyTurns();
      expect(await readTopic(log, output)).toEqual([]);
      await app.close();
    });
  });
});

describe('a cache', () => {
  const counting = (): Topology => {
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .groupByKey()
      .count({ as: 'counts' })
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(numbers);
    return builder.build();
  };

  test.each([
    [1 << 20, 2],
    [1, 200],
  ])('of %i bytes sends %i of 200 changes of two rows on', async (cacheMaxBytes, results) => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(topics('input', 'numbers'));
      await write(
        log,
        input,
        Array.from({ length: 200 }, (_, n) => [n % 2 === 0 ? 'a' : 'b', n] as const),
      );
      const config = { applicationId: 'cached', log, stateDir, cacheMaxBytes, commitIntervalMs: 60_000 };
      const app = new StreamsApp(counting(), config);
      await app.start();
      await eventually('all is read', () => app.metrics.processedRecords === 200);
      await app.close();
      const found = await readTopic(log, numbers);
      expect(found).toHaveLength(results);
      expect(Object.fromEntries(found.map(({ key, value }) => [key, value]))).toEqual({ a: 100, b: 100 });
    });
  });
});

test('topics that come to match a pattern are read, with what was under way kept', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(topics('in-1', 'numbers'));
    const builder = new StreamsBuilder();
    builder
      .stream(topicPattern(/in-\d/, { key: string(), value: json<number>() }))
      .groupByKey()
      .count({ as: 'counts' })
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(numbers);
    const app = new StreamsApp(builder.build(), {
      applicationId: 'pattern',
      log,
      stateDir,
      topicRefreshMs: 20,
    });
    await app.start();
    await write(log, { ...input, name: 'in-1' }, [['a', 1]]);
    await caughtUp(log, 'pattern', 'in-1');
    await log.admin.createTopics(topics('in-2'));
    await write(log, { ...input, name: 'in-2' }, [['a', 1]]);
    await caughtUp(log, 'pattern', 'in-2');
    await app.close();
    expect((await readTopic(log, numbers)).map(({ value }) => value)).toEqual([1, 2]);
  });
});

describe('where nothing was committed', () => {
  const copying = (offsetReset: 'latest' | 'none' | { byDurationMs: number }): Topology => {
    const builder = new StreamsBuilder();
    builder.stream(input, { offsetReset, name: 'reads' }).to(output);
    return builder.build();
  };

  test.each([
    ['latest' as const, [3]],
    [{ byDurationMs: 3_600_000 }, [2, 3]],
  ])('%o is where reading starts', async (offsetReset, values) => {
    await withLog(async (log) => {
      await log.admin.createTopics(topics('input', 'output'));
      await write(log, input, [
        ['a', 1, Date.now() - 7_200_000],
        ['a', 2, Date.now()],
      ]);
      const app = new StreamsApp(copying(offsetReset), { applicationId: 'reset', log });
      await app.start();
      await eventually('it runs', () => app.state === 'running');
      await write(log, input, [['a', 3, Date.now()]]);
      await caughtUp(log, 'reset', 'input');
      await app.close();
      expect((await readTopic(log, output)).map(({ value }) => value)).toEqual(values);
    });
  });

  test('the policy none refuses to start without a committed offset', async () => {
    await withLog(async (log) => {
      await log.admin.createTopics(topics('input', 'output'));
      const app = new StreamsApp(copying('none'), { applicationId: 'reset', log });
      await app.start();
      await eventually('it fails', () => app.state === 'error');
      expect(String(app.failure)).toMatch(
        /reads: nothing was committed for input-0, and its offsetReset is "none"/,
      );
      await expect(app.close()).rejects.toThrow();
    });
  });
});
