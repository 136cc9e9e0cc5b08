import {
  JoinWindows,
  json,
  keyValueStore,
  type KStream,
  long,
  SessionWindows,
  SlidingWindows,
  StreamsApp,
  StreamsBuilder,
  type StreamsConfig,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input, output, show, through, withNulls } from './operators/support.ts';
import { caughtUp, readTopic, withLog, write } from './runtime/support.ts';

// What bites in Kafka Streams, where no test of an operator says it already. docs/semantics.md lists all of
// it.

const other = { ...input, name: 'other' };
const header = (value: string) => [{ key: 'h', value: Buffer.from(value) }];

function drive(build: (builder: StreamsBuilder) => void) {
  const builder = new StreamsBuilder();
  build(builder);
  const driver = new TopologyTestDriver(builder.build());
  return {
    driver,
    left: driver.createInputTopic(input),
    right: driver.createInputTopic(other),
    read: () => driver.createOutputTopic(output).readRecordsToList(),
  };
}

describe('stream-stream joins', () => {
  test('a result has the headers of the record that made it (KStreamKStreamJoin)', () => {
    const { left, right, read } = drive((builder) =>
      builder
        .stream(withNulls(input))
        .join(builder.stream(other), (a, b) => `${a}+${b}`, JoinWindows.of(10))
        .to(output),
    );
    left.pipeInput('a', 1, { timestamp: 5, headers: header('left') });
    right.pipeInput('a', 2, { timestamp: 3, headers: header('right') });
    expect(read()).toMatchObject([{ value: '1+2', timestamp: 5, headers: header('right') }]);
  });

  test('a record without a partner whose window has passed already goes on at once, whatever the grace', () => {
    const { left, right, read } = drive((builder) =>
      builder
        .stream(withNulls(input))
        .leftJoin(builder.stream(other), (a, b) => `${a}+${b}`, JoinWindows.of(10).grace(100))
        .to(output),
    );
    right.pipeInput('z', 0, { timestamp: 50 });
    left.pipeInput('a', 1, { timestamp: 39 });
    left.pipeInput('a', 2, { timestamp: 40 });
    expect(read().map(show)).toEqual(['a="1+null"@39']);
  });
});

describe('tables', () => {
  test('an update that changes nothing goes on like any other (KAFKA-12508)', () => {
    expect(
      through(input, (stream) => stream.toTable({ as: 't' }).toStream(), [
        ['a', 1, 1],
        ['a', 1, 2],
      ]),
    ).toEqual(['a=1@1', 'a=1@2']);
  });

  test('a versioned table takes rows in the order of their times, and leaves out what is too old', () => {
    const { driver, left, read } = drive((builder) =>
      builder.table(input, { as: 'rows', historyRetentionMs: 100 }).toStream().to(output),
    );
    left.pipeInput('a', 1, { timestamp: 100 });
    left.pipeInput('a', 2, { timestamp: 50 });
    left.pipeInput('b', 3, { timestamp: 300 });
    left.pipeInput('a', 4, { timestamp: 199 });
    expect(read().map(show)).toEqual(['a=1@100', 'a=2@50', 'b=3@300']);
    const rows = driver.getVersionedKeyValueStore<string, number>('rows');
    expect(rows.get('a')).toEqual({ value: 1, validFrom: 100, validTo: undefined });
    expect(driver.metrics.lateRecords).toBe(1);
  });

  test('joins and groupings of versioned tables take the latest rows only; their results have no versions', () => {
    const versioned = { historyRetentionMs: 1000 };
    const { driver, left, right, read } = drive((builder) => {
      const [a, b] = [
        builder.table(input, { as: 'a', ...versioned }),
        builder.table(other, { as: 'b', ...versioned }),
      ];
      const joined = a.join(b, (x, y) => `${x}+${y}`, { as: 'joined' });
      joined.toStream().to(output);
      a.groupBy((value) => ['all', value], { key: string(), value: long() }).reduce(
        { add: (x, y) => x + y, subtract: (x, y) => x - y },
        { as: 'sum' },
      );
    });
    right.pipeInput('k', 1, { timestamp: 10 });
    left.pipeInput('k', 5, { timestamp: 20 });
    left.pipeInput('k', 7, { timestamp: 15 });
    expect(read().map(show)).toEqual(['k="5+1"@20']);
    expect(driver.getKeyValueStore('sum').get('all')).toBe(5);
    expect(() => driver.getVersionedKeyValueStore('joined')).toThrow(/is not versioned/);
  });

  test('a filter lets versions through that do not pass, as deletes of their own time (KTableFilter)', () => {
    const { left, read } = drive((builder) =>
      builder
        .table(input, { as: 'rows', historyRetentionMs: 1000 })
        .filter((value) => value > 1)
        .toStream()
        .to(output),
    );
    left.pipeInput('a', 2, { timestamp: 20 });
    left.pipeInput('a', 1, { timestamp: 10 });
    expect(read().map(show)).toEqual(['a=2@20', 'a=null@10']);
  });
});

describe('foreign-key joins', () => {
  const rows = topic('rows', { key: string(), value: json<{ to: string; n: number }>() });
  const names = topic('names', { key: string(), value: string() });
  const build = (builder: StreamsBuilder): void =>
    builder
      .table(rows)
      .join(
        builder.table(names),
        ({ to }) => to,
        (row, name) => `${row.n} ${name}`,
        { name: 'fk' },
      )
      .toStream()
      .to(output);

  test('an answer for a row that has changed since is left out', () => {
    const builder = new StreamsBuilder();
    build(builder);
    const answers = 'test-app-fk-subscription-response-topic';
    const raw = topic(answers, {
      key: string(),
      value: { serialize: (b: Uint8Array) => b, deserialize: (b) => b },
    });
    const driver = new TopologyTestDriver(builder.build());
    driver.createInputTopic(names).pipeInput('x', 'ex');
    driver.createInputTopic(rows).pipeInput('a', { to: 'x', n: 1 });
    const stale = driver.createOutputTopic(raw).readRecord();
    driver.createInputTopic(rows).pipeInput('a', { to: 'x', n: 2 });
    const before = driver.metrics.droppedRecords;
    // As if the first answer had been held up on its way.
    driver.createInputTopic(raw).pipeInput('a', stale.value);
    expect(driver.createOutputTopic(output).readValuesToList()).toEqual(['1 ex', '2 ex']);
    expect(driver.metrics.droppedRecords - before).toBe(1);
  });

  test('its topics and stores are called as in Kafka Streams', () => {
    const builder = new StreamsBuilder();
    build(builder);
    const topology = builder.build();
    expect([...topology.repartitionTopics.keys()]).toEqual([
      'fk-subscription-registration-topic',
      'fk-subscription-response-topic',
    ]);
    expect([...topology.stores.keys()]).toContain('fk-subscription-store');
  });

  test('over several partitions, both topics find their way and back', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics([
        { name: 'rows', partitions: 3 },
        { name: 'names', partitions: 2 },
        { name: 'output', partitions: 1 },
      ]);
      const builder = new StreamsBuilder();
      build(builder);
      const app = new StreamsApp(builder.build(), { applicationId: 'fk', log, stateDir });
      await app.start();
      const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
      await write(
        log,
        names,
        ['x', 'y', 'z'].map((name) => [name, name.toUpperCase()] as const),
      );
      await write(
        log,
        rows,
        keys.map((key, n) => [key, { to: 'xyz'[n % 3]!, n }] as const),
      );
      await caughtUp(log, 'fk', 'rows');
      await caughtUp(log, 'fk', 'names');
      await caughtUp(log, 'fk', 'fk-fk-subscription-registration-topic');
      await caughtUp(log, 'fk', 'fk-fk-subscription-response-topic');
      await app.close();
      const joined = Object.fromEntries(
        (await readTopic(log, output)).map(({ key, value }) => [String(key), value]),
      );
      expect(joined).toEqual(Object.fromEntries(keys.map((key, n) => [key, `${n} ${'XYZ'[n % 3]!}`])));
    });
  });
});

describe('windows', () => {
  test('sliding windows leave out null keys and null values; sessions null keys only', () => {
    const count = (windows: SlidingWindows | SessionWindows) =>
      through(
        input,
        (stream) =>
          stream
            .groupByKey()
            .windowedBy(windows as SlidingWindows)
            .count()
            .toStream((_n, { key }) => key),
        [
          [null, 1, 100],
          ['a', null, 100],
        ],
      );
    expect(count(SlidingWindows.of(10))).toEqual([]);
    expect(count(SessionWindows.of(10))).toEqual(['a=1@100']);
  });

  test('sessions keep the headers of the record that made them (Kafka Streams loses them)', () => {
    const { left, read } = drive((builder) =>
      builder
        .stream(withNulls(input))
        .groupByKey()
        .windowedBy(SessionWindows.of(10))
        .count()
        .toStream()
        .to(output),
    );
    left.pipeInput('a', 1, { timestamp: 1, headers: header('x') });
    expect(read()).toMatchObject([{ headers: header('x') }]);
  });

  test('a record that bridges two sessions makes one of them, and takes both back first', () => {
    const { left, read } = drive((builder) =>
      builder
        .stream(withNulls(input))
        .groupByKey()
        .windowedBy(SessionWindows.of(10).grace(20))
        .count()
        .toStream()
        .to(output),
    );
    for (const timestamp of [0, 20, 10]) left.pipeInput('a', 1, { timestamp });
    expect(read().map(show)).toEqual([
      'a[0,0)=1@0',
      'a[20,20)=1@20',
      'a[0,0)=null@0',
      'a[20,20)=null@20',
      'a[0,20)=3@20',
    ]);
  });

  test('suppressed sessions wait for the gap too', () => {
    const { left, read } = drive((builder) =>
      builder
        .stream(withNulls(input))
        .groupByKey()
        .windowedBy(SessionWindows.of(10).grace(5))
        .count()
        .suppress(untilWindowCloses())
        .toStream()
        .to(output),
    );
    for (const timestamp of [0, 14]) left.pipeInput('a', 1, { timestamp });
    expect(read()).toEqual([]);
    left.pipeInput('b', 1, { timestamp: 15 });
    expect(read().map(show)).toEqual(['a[0,0)=1@0']);
  });
});

describe('topics of the topology’s own', () => {
  const configs = async (
    build: (builder: StreamsBuilder) => void,
    more: Partial<StreamsConfig> = {},
  ): Promise<Record<string, unknown>> => {
    let found: Record<string, unknown> = {};
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics([
        { name: 'input', partitions: 1 },
        { name: 'other', partitions: 1 },
      ]);
      const builder = new StreamsBuilder();
      build(builder);
      const app = new StreamsApp(builder.build(), { applicationId: 'own', log, stateDir, ...more });
      await app.start();
      await app.close();
      found = Object.fromEntries([...(await log.admin.topics())].map(([name, info]) => [name, info.configs]));
    });
    return found;
  };
  const day = 86_400_000;

  test('have the settings that their stores need', async () => {
    const found = await configs((builder) => {
      const grouped = builder.stream(withNulls(input)).groupByKey();
      grouped.count({ as: 'plain' });
      grouped.windowedBy(TimeWindows.of(1000).grace(500)).count({ as: 'windows' });
      grouped.windowedBy(SessionWindows.of(1000)).count({ as: 'sessions', retentionMs: 5000 });
      builder.table(other, { as: 'versions', historyRetentionMs: 7000 });
      builder
        .stream(withNulls(input))
        .groupBy((value) => String(value), { key: string(), name: 'by-value' })
        .count({
          as: 'own',
          changelogConfigs: { 'cleanup.policy': 'compact,delete', 'segment.ms': '60000' },
        });
    });
    const created = { 'message.timestamp.type': 'CreateTime' };
    expect(found['own-plain-changelog']).toEqual({ ...created, 'cleanup.policy': 'compact' });
    const expiring = { ...created, 'cleanup.policy': 'compact,delete' };
    expect(found['own-windows-changelog']).toEqual({ ...expiring, 'retention.ms': String(1500 + day) });
    expect(found['own-sessions-changelog']).toEqual({ ...expiring, 'retention.ms': String(5000 + day) });
    expect(found['own-versions-changelog']).toEqual({
      ...created,
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': String(7000 + day),
    });
    expect(found['own-own-changelog']).toEqual({ ...expiring, 'segment.ms': '60000' });
    expect(found['own-by-value-repartition']).toEqual({
      ...created,
      'cleanup.policy': 'delete',
      'retention.ms': '-1',
      'segment.bytes': '52428800',
    });
  });

  // WindowedChangelogTopicConfig and VersionedChangelogTopicConfig: only windows get
  // windowstore.changelog.additional.retention.ms,
  // and where a store has a retention.ms of its own that stands.
  test.each([
    [60_000, String(1500 + 60_000)],
    [Number.POSITIVE_INFINITY, '-1'],
  ])('keep windows for %d ms more where the app says so', async (additional, retention) => {
    const found = await configs(
      (builder) => {
        const stream = builder.stream(withNulls(input));
        stream
          .groupByKey()
          .windowedBy(TimeWindows.of(1000).grace(500))
          .count({ as: 'windows', changelogConfigs: { 'segment.ms': '60000' } });
        builder.table(other, { as: 'versions', historyRetentionMs: 7000 });
        const joined = { storeName: 'joined', changelogConfigs: { 'retention.ms': '7' } };
        stream.join(stream, (left) => left, JoinWindows.of(10), joined);
      },
      { windowStoreChangelogAdditionalRetentionMs: additional },
    );
    expect(found['own-windows-changelog']).toMatchObject({
      'retention.ms': retention,
      'segment.ms': '60000',
    });
    expect(found['own-versions-changelog']).toMatchObject({ 'min.compaction.lag.ms': String(7000 + day) });
    expect(found['own-joined-this-join-store-changelog']).toMatchObject({ 'retention.ms': '7' });
  });

  test('are made where a key that was changed is grouped or joined, and nowhere else', () => {
    const topics = (build: (stream: KStream<string, number>) => unknown): number => {
      const builder = new StreamsBuilder();
      build(builder.stream(withNulls(input)));
      return builder.build().repartitionTopics.size;
    };
    const rekeyed = (stream: KStream<string, number>) =>
      stream.selectKey((value) => String(value), { key: string() });
    expect(topics((stream) => rekeyed(stream).process(() => () => {}))).toBe(0);
    expect(topics((stream) => rekeyed(stream).to(output))).toBe(0);
    expect(topics((stream) => stream.groupByKey().count())).toBe(0);
    expect(
      topics((stream) =>
        stream
          .mapValues((value) => value)
          .groupByKey()
          .count(),
      ),
    ).toBe(0);
    expect(topics((stream) => rekeyed(stream).groupByKey().count())).toBe(1);
    expect(topics((stream) => stream.groupBy((_value, key) => key, { key: string() }).count())).toBe(1);
    const same = (stream: KStream<string, number>) =>
      stream.process<string, number>((context) => (record) => context.forward(record));
    expect(topics((stream) => same(stream).groupByKey({ key: string() }).count())).toBe(1);
  });

  test('leave null keys out, unless a left join further on wants them', () => {
    const joined = (left: boolean): string[] => {
      const { left: source, read } = drive((builder) => {
        const rekeyed = builder
          .stream(withNulls(input))
          .selectKey((value) => (value === 0 ? (null as unknown as string) : String(value)), {
            key: string(),
          });
        const table = builder.table(other);
        const joiner = (a: number, b: number | null): string => `${a}+${b}`;
        (left ? rekeyed.leftJoin(table, joiner) : rekeyed.join(table, joiner)).to(output);
      });
      source.pipeInput('a', 0);
      source.pipeInput('a', 1);
      return read().map(show);
    };
    expect(joined(true)).toEqual(['null="0+null"@0', '1="1+null"@0']);
    expect(joined(false)).toEqual([]);
  });

  test('keep the timestamps that the first source gave: its extractor is asked once', () => {
    let asked = 0;
    const { left, read } = drive((builder) =>
      builder
        .stream(input, {
          timestampExtractor: ({ timestamp }) => {
            asked++;
            return timestamp * 10;
          },
        })
        .groupBy((value) => String(value), { key: string() })
        .count()
        .toStream()
        .to(output),
    );
    left.pipeInput('a', 1, { timestamp: 7 });
    expect(read().map(show)).toEqual(['1=1@70']);
    expect(asked).toBe(1);
  });
});

describe('records that are out of the ordinary', () => {
  test('headers nobody knows, empty ones and many of one name travel with their record', () => {
    const headers = [
      { key: 'twice', value: Buffer.from('1') },
      { key: 'twice', value: Buffer.from('2') },
      { key: 'none', value: null },
      { key: '', value: Buffer.alloc(0) },
    ];
    const { left, read } = drive((builder) =>
      builder
        .stream(withNulls(input))
        .mapValues((value) => value + 1)
        .selectKey((value) => String(value), { key: string() })
        .repartition()
        .groupByKey()
        .count({ as: 'n' })
        .toStream()
        .to(output),
    );
    left.pipeInput('a', 1, { headers });
    expect(read()[0]!.headers).toEqual(headers);
  });

  test('null keys and null values go through what does not need them', () => {
    const passing = (build: (stream: KStream<string, number>) => KStream<unknown, unknown>) =>
      through(input, build, [
        [null, 1, 1],
        ['a', null, 2],
      ]);
    const all = ['null=1@1', 'a=null@2'];
    expect(passing((stream) => stream)).toEqual(all);
    expect(passing((stream) => stream.filter(() => true))).toEqual(all);
    expect(passing((stream) => stream.mapValues((value) => value))).toEqual(all);
    expect(passing((stream) => stream.peek(() => {}))).toEqual(all);
    expect(passing((stream) => stream.merge(stream.filter(() => false)))).toEqual(all);
    expect(passing((stream) => stream.toTable().toStream())).toEqual(['a=null@2']);
  });

  test('a record of a megabyte goes through log, store and changelog', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics([
        { name: 'words', partitions: 1 },
        { name: 'output', partitions: 1 },
      ]);
      const words = topic('words', { key: string(), value: string() });
      const kept = keyValueStore({ name: 'kept', key: string(), value: string() });
      const builder = new StreamsBuilder();
      builder
        .stream(words)
        .process<string, string>(
          (context) => {
            const store = context.store(kept);
            return (record) => {
              const before = store.get(record.key) ?? '';
              store.put(record.key, record.value);
              return context.forward({ ...record, value: `${before.length}/${record.value.length}` });
            };
          },
          { stores: [kept] },
        )
        .to(output);
      const large = 'x'.repeat(1 << 20);
      for (const round of [1, 2]) {
        const app = new StreamsApp(builder.build(), {
          applicationId: 'large',
          log,
          stateDir: `${stateDir}/${round}`,
        });
        await app.start();
        await write(log, words, [['a', large]]);
        await caughtUp(log, 'large', 'words');
        await app.close();
      }
      const sizes = (await readTopic(log, output)).map(({ value }) => value);
      expect(sizes).toEqual([`0/${1 << 20}`, `${1 << 20}/${1 << 20}`]);
    });
  });
});
