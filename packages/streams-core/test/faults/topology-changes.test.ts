import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import type { LogClient } from '@millrace/log-client';
import {
  json,
  long,
  StreamsApp,
  StreamsBuilder,
  type StreamsConfig,
  string,
  TimeWindows,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { ownedTopics } from '@millrace/streams-core/runtime';
import { describe, expect, test } from 'vitest';
import { type TopologyRecord, writeStateRecord } from '../../src/runtime/upgrade/topology-record.ts';
import { caughtUp, eventually, readTopic, withFolder, withLog, write } from '../runtime/support.ts';

const sales = topic('sales', { key: string(), value: json<number>() });
const totals = topic('totals', { key: string(), value: long() });

type Build = (builder: StreamsBuilder) => void;
const made = (build: Build): Topology => {
  const builder = new StreamsBuilder();
  build(builder);
  return builder.build();
};
const counted = (as?: string): Build => {
  return (builder) =>
    builder
      .stream(sales)
      .groupByKey()
      .count(as === undefined ? {} : { as })
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(totals);
};
const filtered: Build = (builder) =>
  builder
    .stream(sales)
    .filter((n) => n > 0)
    .groupByKey()
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(totals);
const summed: Build = (builder) =>
  void builder
    .stream(sales)
    .groupByKey()
    .aggregate({ initial: () => 0, add: (a, b) => a + b, as: 'kept', value: json<number>() });
const windows =
  (size: number): Build =>
  (builder) =>
    void builder.stream(sales).groupByKey().windowedBy(TimeWindows.of(size)).count({ as: 'windows' });

/** Runs one topology to the end of the input, then starts another one under the same id. */
async function change(before: Build, after: Build, more: Partial<StreamsConfig> = {}): Promise<unknown> {
  let outcome: unknown;
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics(['sales', 'totals'].map((name) => ({ name, partitions: 1 })));
    await write(log, sales, [['mug', 1]]);
    const first = new StreamsApp(made(before), { applicationId: 'shop', log, stateDir });
    await first.start();
    await caughtUp(log, 'shop', 'sales');
    await first.close();
    const second = new StreamsApp(made(after), { applicationId: 'shop', log, stateDir, ...more });
    outcome = await second.start().then(
      () => undefined,
      (error: unknown) => error,
    );
    await second.close().catch(() => {});
  });
  return outcome;
}

describe('a topology that no longer fits its state is refused, with what would be lost and what to do', () => {
  test('where one operator before an unnamed aggregation moves its generated name', async () => {
    expect(await change(counted(), filtered)).toMatchObject({
      code: 'TOPOLOGY_CHANGED',
      message: expect.stringMatching(
        /store "KSTREAM-AGGREGATE-STATE-STORE-0000000001" is gone and "KSTREAM-AGGREGATE-STATE-STORE-0000000002" is new.*its name is generated.*millrace reset shop.*allowTopologyChange: true/,
      ),
    });
  });
  test.each([
    ['where a store was renamed', counted('a'), counted('b'), /store "a" is gone and "b" is new.*as: 'a'/],
    [
      'where a store has another value serde',
      counted('kept'),
      summed,
      /"kept" was with the value serde long and is with the value serde json/,
    ],
    ['where a store has other windows', windows(1000), windows(2000), /"windows" was for windows of ms 1000/],
  ] as const)('%s', async (_name, before, after, message) => {
    expect(await change(before, after)).toMatchObject({ message: expect.stringMatching(message) });
  });
});

const withMore: Build = (builder) => {
  const stream = builder.stream(sales);
  stream.filter(() => true).foreach(() => {});
  stream
    .groupByKey()
    .count({ as: 'kept' })
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(totals);
};
const withAnotherStore: Build = (builder) => {
  counted('kept')(builder);
  builder.table(totals, { as: 'rows' });
};

describe('what loses nothing starts', () => {
  test.each([
    ['the same topology', counted(), counted()],
    ['more operators before a store with a name', counted('kept'), withMore],
    ['a new store beside the old one', counted('kept'), withAnotherStore],
  ] as const)('%s', async (_name, before, after) => {
    expect(await change(before, after)).toBeUndefined();
  });

  test('with allowTopologyChange a change that loses state starts too, with a warning', async () => {
    const warned = new Promise<string>((resolve) => {
      const listen = (warning: Error): void => {
        if (!warning.message.includes('starts with another topology')) return;
        process.off('warning', listen);
        resolve(warning.message);
      };
      process.on('warning', listen);
    });
    expect(await change(counted('a'), counted('b'), { allowTopologyChange: true })).toBeUndefined();
    expect(await warned).toMatch(/store "a" is gone/);
  });

  test('a store that was dropped leaves its changelog, which a warning names', async () => {
    const warned = new Promise<string>((resolve) => {
      const listen = (warning: Error): void => {
        if (!warning.message.includes('does not use any more')) return;
        process.off('warning', listen);
        resolve(warning.message);
      };
      process.on('warning', listen);
    });
    expect(await change(counted('a'), (b) => b.stream(sales).foreach(() => {}))).toBeUndefined();
    expect(await warned).toContain('"shop-a-changelog"');
  });
});

describe('generated names', () => {
  const warningsOf = async (
    log: LogClient,
    stateDir: string,
    builds: readonly Build[],
  ): Promise<string[]> => {
    await log.admin.createTopics(['sales', 'totals'].map((name) => ({ name, partitions: 1 })));
    const warnings: string[] = [];
    const nothing = (): void => {};
    const logger = {
      debug: nothing,
      info: nothing,
      warn: (_: object, text: string) => void warnings.push(text),
      error: nothing,
    };
    for (const build of builds) {
      const app = new StreamsApp(made(build), { applicationId: 'shop', log, stateDir, logger });
      await app.start();
      await app.close();
    }
    return warnings.filter((text) => text.includes('generated names'));
  };

  test('of stores are warned of once, where the log outlives the process', async () => {
    await withFolder(async (folder) => {
      const log = await EmbeddedLog.open({ dir: path.join(folder, 'log') });
      expect(await warningsOf(log, folder, [counted(), counted()])).toEqual([
        expect.stringMatching(
          /^App "shop" keeps state under generated names: "KSTREAM-AGGREGATE-STATE-STORE-0000000001"\. .*\{ as: '\.\.\.' \}.*requireNames: true/,
        ),
      ]);
      await log.close();
    });
  });

  test('are no matter where stores are named, or the log is in memory', async () => {
    await withFolder(async (folder) => {
      const log = await EmbeddedLog.open({ dir: path.join(folder, 'log') });
      expect(await warningsOf(log, folder, [counted('kept')])).toEqual([]);
      await log.close();
    });
    await withLog(async (log, folder) => expect(await warningsOf(log, folder, [counted()])).toEqual([]));
  });
});

test('a topic belongs to the longest application id that is known, or to the one that recorded it', () => {
  const topics = [
    'shop-counts-changelog',
    'shop-eu-counts-changelog',
    'shop-by-sku-repartition',
    'shop-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006-topic',
    'shop-join-subscription-response-topic',
    'shop-us-__topology-changelog',
    'shop-us-sums-changelog',
    'shop-orders',
    'other',
  ];
  const mine = topics.slice(0, 1).concat(topics.slice(2, 5));
  expect(ownedTopics({ applicationId: 'shop', topics, applications: ['shop', 'shop-eu'] })).toEqual(mine);
  expect(ownedTopics({ applicationId: 'shop-eu', topics, applications: ['shop'] })).toEqual([topics[1]]);
  const recorded = ['shop-eu-counts-changelog'];
  expect(ownedTopics({ applicationId: 'shop', topics, applications: ['shop-eu'], recorded })).toContain(
    recorded[0],
  );
});

test('an instance with another topology under the same id fails by name and leaves; the others go on', async () => {
  await withLog(async (log, stateDir) => {
    const others = topic('others', { key: string(), value: json<number>() });
    await log.admin.createTopics(['sales', 'totals', 'others'].map((name) => ({ name, partitions: 2 })));
    const first = new StreamsApp(made(counted('kept')), { applicationId: 'shop', log, stateDir });
    await first.start();
    await eventually('it runs', () => first.taskIds.length === 2);
    const odd = new StreamsApp(
      made((builder) => builder.stream(others).foreach(() => {})),
      { applicationId: 'shop', log, allowTopologyChange: true },
    );
    const done = expect(odd.done).rejects.toMatchObject({
      code: 'TOPOLOGY_MISMATCH',
      message: expect.stringMatching(/runs another topology than most of its 2 instances/),
    });
    await odd.start();
    await done;
    await odd.close().catch(() => {});
    await write(log, sales, [
      ['mug', 1],
      ['cup', 1],
      ['pot', 1],
    ]);
    await caughtUp(log, 'shop', 'sales');
    expect(await readTopic(log, totals)).toHaveLength(3);
    expect(first.state).toBe('running');
    await first.close();
  });
});

test('a record that is too large for the log goes to the production handler, and the others are written', async () => {
  await withLog(async (_log, stateDir) => {
    const log = await EmbeddedLog.inMemory({ maxRecordBytes: 1000 });
    await log.admin.createTopics(['sales', 'texts', 'dead'].map((name) => ({ name, partitions: 1 })));
    const texts = topic('texts', { key: string(), value: string() });
    const build: Build = (builder) =>
      builder
        .stream(sales)
        .mapValues((n) => 'x'.repeat(n))
        .to(texts);
    const run = async (
      productionExceptionHandler: NonNullable<StreamsConfig['productionExceptionHandler']>,
    ) => {
      await write(log, sales, [
        ['a', 1],
        ['b', 2000],
        ['c', 2],
        ['d', 3000],
      ]);
      const app = new StreamsApp(made(build), {
        applicationId: 'shop',
        log,
        stateDir,
        productionExceptionHandler,
        deadLetterTopics: ['dead'],
      });
      const done = app.done.catch((error: unknown) => error);
      await app.start();
      await Promise.race([caughtUp(log, 'shop', 'sales'), done]);
      await app.close().catch(() => {});
      return done;
    };
    expect(await run(() => 'fail')).toMatchObject({
      code: 'RECORD_PRODUCTION',
      cause: { code: 'LOG_TOO_LARGE' },
    });
    expect(await readTopic(log, texts)).toEqual([]);
    const keys: string[] = [];
    await run((_error, record) => {
      keys.push(Buffer.from(record!.key as Uint8Array).toString());
      return 'continue';
    });
    expect(keys).toEqual(['b', 'd', 'b', 'd']);
    expect((await readTopic(log, texts)).map(({ value }) => value)).toEqual(['x', 'xx', 'x', 'xx']);
    await run(() => ({ deadLetterTopic: 'dead' }));
    expect((await readTopic(log, { ...texts, name: 'dead' })).map(({ key }) => key)).toEqual(['b', 'd']);
    await log.close();
  });
});

test('instances that start at the same moment in one folder do not get in the way of each other', async () => {
  await withFolder(async (dir) => {
    const record: TopologyRecord = { version: 1, stores: [], internalTopics: [] };
    await mkdir(path.join(dir, 'app'));
    await Promise.all(Array.from({ length: 20 }, () => writeStateRecord(dir, 'app', record)));
    expect(await readdir(path.join(dir, 'app'))).toEqual(['topology.json']);
  });
});
