import {
  json,
  long,
  minutes,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';

// The texts are what Kafka Streams 4.0 prints for the same programs: names count as in InternalStreamsBuilder
// and
// NamedInternal, nodes are listed by the number of paths below them as in InternalTopologyBuilder.

const lines = topic('streams-plaintext-input', { key: string(), value: string() });
const counts = topic('streams-wordcount-output', { key: string(), value: json<number | null>() });

test('word count', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(lines)
    .flatMapValues((line) => line.toLowerCase().split(' '))
    .groupBy((word) => word, { key: string(), value: string() })
    .count({ as: 'counts-store' })
    .toStream()
    .to(counts);
  expect(builder.build().describe()).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [streams-plaintext-input])
      --> KSTREAM-FLATMAPVALUES-0000000001
    Processor: KSTREAM-FLATMAPVALUES-0000000001 (stores: [])
      --> KSTREAM-KEY-SELECT-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Processor: KSTREAM-KEY-SELECT-0000000002 (stores: [])
      --> counts-store-repartition-filter
      <-- KSTREAM-FLATMAPVALUES-0000000001
    Processor: counts-store-repartition-filter (stores: [])
      --> counts-store-repartition-sink
      <-- KSTREAM-KEY-SELECT-0000000002
    Sink: counts-store-repartition-sink (topic: counts-store-repartition)
      <-- counts-store-repartition-filter

  Sub-topology: 1
    Source: counts-store-repartition-source (topics: [counts-store-repartition])
      --> KSTREAM-AGGREGATE-0000000003
    Processor: KSTREAM-AGGREGATE-0000000003 (stores: [counts-store])
      --> KTABLE-TOSTREAM-0000000007
      <-- counts-store-repartition-source
    Processor: KTABLE-TOSTREAM-0000000007 (stores: [])
      --> KSTREAM-SINK-0000000008
      <-- KSTREAM-AGGREGATE-0000000003
    Sink: KSTREAM-SINK-0000000008 (topic: streams-wordcount-output)
      <-- KTABLE-TOSTREAM-0000000007

`);
});

test('generated stores, windows and suppression', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(lines)
    .groupByKey()
    .windowedBy(TimeWindows.of(minutes(1)))
    .count()
    .suppress(untilWindowCloses())
    .toStream()
    .foreach(() => {});
  expect(builder.build().describe()).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [streams-plaintext-input])
      --> KSTREAM-AGGREGATE-0000000002
    Processor: KSTREAM-AGGREGATE-0000000002 (stores: [KSTREAM-AGGREGATE-STATE-STORE-0000000001])
      --> KTABLE-SUPPRESS-0000000003
      <-- KSTREAM-SOURCE-0000000000
    Processor: KTABLE-SUPPRESS-0000000003 (stores: [KTABLE-SUPPRESS-STATE-STORE-0000000004])
      --> KTABLE-TOSTREAM-0000000005
      <-- KSTREAM-AGGREGATE-0000000002
    Processor: KTABLE-TOSTREAM-0000000005 (stores: [])
      --> KSTREAM-FOREACH-0000000006
      <-- KTABLE-SUPPRESS-0000000003
    Processor: KSTREAM-FOREACH-0000000006 (stores: [])
      --> none
      <-- KTABLE-TOSTREAM-0000000005

`);
});

test('a stream joined with a table, and with a global one', () => {
  const users = topic('users', { key: string(), value: string() });
  const regions = topic('regions', { key: string(), value: string() });
  const builder = new StreamsBuilder();
  const table = builder.table(users);
  const global = builder.globalTable(regions);
  builder
    .stream(lines)
    .join(table, (line, user) => line + user)
    .leftJoin(
      global,
      (_, key) => key,
      (text, region) => `${text}${region}`,
    )
    .to(topic('out', { key: string(), value: string() }));
  expect(builder.build().describe()).toBe(`Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000006 (topics: [streams-plaintext-input])
      --> KSTREAM-JOIN-0000000007
    Processor: KSTREAM-JOIN-0000000007 (stores: [users-STATE-STORE-0000000000])
      --> KSTREAM-LEFTJOIN-0000000008
      <-- KSTREAM-SOURCE-0000000006
    Processor: KSTREAM-LEFTJOIN-0000000008 (stores: [])
      --> KSTREAM-SINK-0000000009
      <-- KSTREAM-JOIN-0000000007
    Source: KSTREAM-SOURCE-0000000001 (topics: [users])
      --> KTABLE-SOURCE-0000000002
    Sink: KSTREAM-SINK-0000000009 (topic: out)
      <-- KSTREAM-LEFTJOIN-0000000008
    Processor: KTABLE-SOURCE-0000000002 (stores: [users-STATE-STORE-0000000000])
      --> none
      <-- KSTREAM-SOURCE-0000000001

  Sub-topology: 1 for global store (will not generate tasks)
    Source: KSTREAM-SOURCE-0000000004 (topics: [regions])
      --> KTABLE-SOURCE-0000000005
    Processor: KTABLE-SOURCE-0000000005 (stores: [regions-STATE-STORE-0000000003])
      --> none
      <-- KSTREAM-SOURCE-0000000004
`);
});

test('two tables joined', () => {
  const [a, b] = ['a', 'b'].map((name) => topic(name, { key: string(), value: string() }));
  const builder = new StreamsBuilder();
  builder
    .table(a!)
    .join(builder.table(b!), (x, y) => x + y)
    .toStream()
    .foreach(() => {});
  const text = builder.build().describe();
  expect(text).toContain(`Processor: KTABLE-JOINTHIS-0000000007 (stores: [b-STATE-STORE-0000000003])
      --> KTABLE-MERGE-0000000006
      <-- KTABLE-SOURCE-0000000002`);
  expect(text).toContain(`Processor: KTABLE-JOINOTHER-0000000008 (stores: [a-STATE-STORE-0000000000])
      --> KTABLE-MERGE-0000000006
      <-- KTABLE-SOURCE-0000000005`);
});

test('names that are given take a number all the same, so that nothing else is renamed', () => {
  const describe = (name: { name?: string }): string => {
    const builder = new StreamsBuilder();
    builder
      .stream(lines)
      .filter(() => true, name)
      .mapValues((line) => line.length)
      .to(topic('out', { key: string(), value: long() }));
    return builder.build().describe();
  };
  expect(describe({ name: 'only-good-ones' }).replaceAll('only-good-ones', 'KSTREAM-FILTER-0000000001')).toBe(
    describe({}),
  );
});

test('a split names its branches after itself', () => {
  const builder = new StreamsBuilder();
  builder.stream(lines).split({ long: (line) => line.length > 10, short: 'rest' });
  const text = builder.build().describe();
  expect(text).toContain(
    'Processor: KSTREAM-BRANCH-0000000001 (stores: [])\n      --> KSTREAM-BRANCH-0000000001long, KSTREAM-BRANCH-0000000001short',
  );
});
