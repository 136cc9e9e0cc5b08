import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import type { Header } from '@millrace/log-client';
import {
  JoinWindows,
  type KStream,
  minutes,
  producer,
  records,
  StreamsApp,
  StreamsBuilder,
  type StreamsConfig,
  string,
  TimeWindows,
  topic,
  type Topology,
  untilWindowCloses,
} from '@millrace/streams-core';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { openTelemetryTracing } from '../src/index.ts';
import { closeLater } from './support.ts';

const input = topic('input', { key: string(), value: string() });
const rows = topic('rows', { key: string(), value: string() });
const output = topic('output', { key: string(), value: string() });
const both = (record: string, row: string): string => `${record} ${row}`;
const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

const traceparent = (flags = '01', id = traceId): Header[] => [
  { key: 'traceparent', value: Buffer.from(`00-${id}-${parentId}-${flags}`) },
];

function spans() {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  onTestFinished(() => provider.shutdown());
  return { exporter, tracer: provider.getTracer('test') };
}

interface Ran {
  readonly spans: readonly ReadableSpan[];
  readonly results: readonly { readonly value: string; readonly headers: readonly Header[] }[];
}

/** Runs an app over the given records until it has caught up, and gives its spans and results. */
async function run(
  topology: Topology,
  inputs: readonly {
    topic?: typeof input;
    value: string;
    timestamp?: number;
    headers?: readonly Header[];
  }[],
  config: Partial<StreamsConfig> = {},
  { ratio, atLeast = 0 }: { ratio?: number; atLeast?: number } = {},
): Promise<Ran> {
  const log = closeLater(await EmbeddedLog.inMemory());
  await log.admin.createTopics([input, rows, output].map(({ name }) => ({ name, partitions: 1 })));
  const { exporter, tracer } = spans();
  for (const { topic: to = input, value, ...options } of inputs)
    await (await producer(log, to)).send('k', value, options);
  const stateDir = await mkdtemp(path.join(tmpdir(), 'millrace-tracing-'));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const app = new StreamsApp(topology, {
    applicationId: 'traced',
    log,
    stateDir,
    tracing: openTelemetryTracing({ tracer, ...(ratio === undefined ? {} : { ratio }) }),
    ...config,
  });
  await app.start();
  for (const { name } of [input, rows]) {
    const { length } = inputs.filter(({ topic: to = input }) => to.name === name);
    if (length === 0) continue;
    await expect
      .poll(async () => (await log.admin.committed('traced', [{ topic: name, partition: 0 }]))[0]?.offset, {
        timeout: 10_000,
      })
      .toBe(length);
  }
  // Results of a foreign-key join come by way of topics of their own.
  await expect.poll(async () => (await resultsOf(log)).length).toBeGreaterThanOrEqual(atLeast);
  await app.close();
  const results = await resultsOf(log);
  return { spans: exporter.getFinishedSpans(), results };
}

async function resultsOf(log: EmbeddedLog): Promise<Ran['results']> {
  const results: { value: string; headers: readonly Header[] }[] = [];
  for await (const { value, headers } of records(log, output, { from: 'earliest' }))
    results.push({ value: value!, headers });
  return results;
}

const named = (found: readonly ReadableSpan[], name: string): ReadableSpan => {
  const span = found.find((one) => one.name === name);
  expect(span, `${name} among ${found.map((one) => one.name).join(', ')}`).toBeDefined();
  return span!;
};

const carried = (headers: readonly Header[]): string | undefined =>
  headers
    .filter(({ key }) => key === 'traceparent')
    .map(({ value }) => Buffer.from(value!).toString())
    .join();

function upperCase(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .selectKey((value) => value)
    .repartition({ name: 'by-value', key: string() })
    .mapValues((value) => value.toUpperCase())
    .to(output);
  return builder.build();
}

test('a result carries the context of the record that made it, through every topic on its way', async () => {
  const { spans: found, results } = await run(upperCase(), [{ value: 'a', headers: traceparent() }]);
  const between = 'traced-by-value-repartition';
  const way = ['process input', `send ${between}`, `process ${between}`, 'send output'].map((name) =>
    named(found, name),
  );
  expect(way.map((span) => span.spanContext().traceId)).toEqual(way.map(() => traceId));
  expect(way.map((span) => span.parentSpanContext?.spanId)).toEqual([
    parentId,
    ...way.slice(0, -1).map((span) => span.spanContext().spanId),
  ]);
  expect(way.map(({ kind }) => kind)).toEqual([
    SpanKind.CONSUMER,
    SpanKind.PRODUCER,
    SpanKind.CONSUMER,
    SpanKind.PRODUCER,
  ]);
  expect(results.map(({ headers }) => carried(headers))).toEqual([
    `00-${traceId}-${way[3]!.spanContext().spanId}-01`,
  ]);
  expect(way[0]!.attributes).toMatchObject({
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'input',
    'messaging.destination.partition.id': '0',
    'messaging.kafka.offset': 0,
    'messaging.consumer.group.name': 'traced',
    'millrace.task.id': '0_0',
  });
  expect(named(found, 'receive input').links.map((link) => link.context.spanId)).toEqual([parentId]);
  expect(named(found, 'commit').attributes).toMatchObject({ 'messaging.batch.message_count': 1 });
});

test('a record whose context was not sampled goes through as it is, other headers included', async () => {
  const headers = [...traceparent('00'), { key: 'mine', value: Buffer.from('1') }];
  const { spans: found, results } = await run(upperCase(), [{ value: 'a', headers }], {}, { ratio: 1 });
  expect(found).toEqual([]);
  expect(results[0]!.headers.map(({ key, value }) => [key, Buffer.from(value!).toString()])).toEqual(
    headers.map(({ key, value }) => [key, Buffer.from(value!).toString()]),
  );
});

test('of records without a context the ratio says how many start a trace', async () => {
  expect((await run(upperCase(), [{ value: 'a' }], {}, { ratio: 0 })).spans).toEqual([]);
  const { spans: found, results } = await run(upperCase(), [{ value: 'a' }], {}, { ratio: 1 });
  const first = named(found, 'process input');
  expect(first.parentSpanContext).toBeUndefined();
  expect(carried(results[0]!.headers)).toContain(first.spanContext().traceId);
  expect(() => openTelemetryTracing({ ratio: 2 })).toThrow(/"ratio" is 2/);
});

test('user code runs in the span of its record', async () => {
  const seen: (string | undefined)[] = [];
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .peek(() => void seen.push(trace.getActiveSpan()?.spanContext().traceId))
    .mapValuesAsync(async (value) => {
      await Promise.resolve();
      seen.push(trace.getActiveSpan()?.spanContext().traceId);
      return value;
    })
    .to(output);
  const { results } = await run(builder.build(), [{ value: 'a', headers: traceparent() }]);
  expect(seen).toEqual([traceId, traceId]);
  expect(carried(results[0]!.headers)).toContain(traceId);
});

test('a result that waited for its window to close carries the context of its last contributor', async () => {
  const closing = new StreamsBuilder();
  closing
    .stream(input)
    .groupByKey()
    .windowedBy(TimeWindows.of(minutes(1)).grace(0))
    .reduce((all, value) => all + value, { persistent: false })
    .suppress(untilWindowCloses())
    .toStream()
    .selectKey((_, { key }) => key)
    .to(output);
  const other = 'ffffffffffffffffffffffffffffffff';
  const { results } = await run(closing.build(), [
    { value: 'a', timestamp: 0 },
    { value: 'b', timestamp: 1, headers: traceparent() },
    { value: 'c', timestamp: 60_000, headers: traceparent('01', other) },
  ]);
  expect(results.map(({ value }) => value)).toEqual(['ab']);
  expect(carried(results[0]!.headers)).toContain(traceId);
});

type Joined = (builder: StreamsBuilder, keepHeaders: boolean) => KStream<string, string | null>;

/** Joins in which the record `row` comes first, as the row or the partner that `record` meets. */
const joins: Readonly<Record<string, Joined>> = {
  'stream and table': (builder, keepHeaders) =>
    builder.stream(input).join(builder.table(rows, { keepHeaders }), both),
  'stream and derived table': (builder, keepHeaders) =>
    builder.stream(input).join(
      builder.table(rows, { keepHeaders }).mapValues((value) => value),
      both,
    ),
  'stream and join of tables': (builder, keepHeaders) =>
    builder.stream(input).join(
      builder.table(rows, { keepHeaders }).leftJoin(builder.table(rows, { as: 'again' }), (row) => row),
      both,
    ),
  'two tables': (builder, keepHeaders) =>
    builder.table(input).join(builder.table(rows, { keepHeaders }), both, { as: 'joined' }).toStream(),
  'foreign key': (builder, keepHeaders) =>
    builder
      .table(input)
      .join(builder.table(rows, { keepHeaders }), () => 'k', both, { as: 'joined' })
      .toStream(),
  'two streams': (builder, keepHeaders) =>
    builder.stream(input).join(builder.stream(rows), both, JoinWindows.of(minutes(1)), { keepHeaders }),
};

test.each(Object.keys(joins))(
  'the trace of a result leads to the row it was joined with, where that keeps its headers: %s',
  async (kind) => {
    for (const keepHeaders of [true, false]) {
      const builder = new StreamsBuilder();
      joins[kind]!(builder, keepHeaders)
        .mapValues((value) => value!)
        .to(output);
      const other = 'ffffffffffffffffffffffffffffffff';
      const { spans: found, results } = await run(
        builder.build(),
        [
          { topic: rows, value: 'row', timestamp: 0, headers: traceparent('01', other) },
          { value: 'record', timestamp: 1, headers: traceparent() },
        ],
        {},
        { atLeast: 1 },
      );
      expect(results.map(({ value }) => value)).toEqual(['record row']);
      expect(carried(results[0]!.headers)).toContain(traceId);
      const spansOfJoin = found.filter(
        (span) => span.name.startsWith('join ') && span.spanContext().traceId === traceId,
      );
      const links = spansOfJoin.flatMap((span) => span.links);
      expect(links.map((link) => link.context.traceId)).toEqual(keepHeaders ? [other] : []);
      if (!keepHeaders) continue;
      const setter = named(found, 'process rows').spanContext();
      expect(links[0]!.context.spanId).toBe(setter.spanId);
    }
  },
);

test('a result has no part of the trace of a row that was not sampled, or has none', async () => {
  const builder = new StreamsBuilder();
  joins['stream and table']!(builder, true)
    .mapValues((value) => value!)
    .to(output);
  const { spans: found } = await run(
    builder.build(),
    [
      { topic: rows, value: 'row', timestamp: 0, headers: traceparent('00') },
      { value: 'record', timestamp: 1, headers: traceparent() },
      { topic: rows, value: 'row', timestamp: 2 },
      { value: 'record', timestamp: 3, headers: traceparent() },
    ],
    {},
    { ratio: 0 },
  );
  expect(found.filter(({ name }) => name.startsWith('join '))).toEqual([]);
});

test('a record that fails ends its span with the error', async () => {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .mapValues((value) => {
      if (value === 'bad') throw new Error('no good');
      return value;
    })
    .to(output);
  const failures: unknown[] = [];
  const { spans: found } = await run(
    builder.build(),
    [
      { value: 'bad', headers: traceparent() },
      { value: 'good', headers: traceparent() },
    ],
    {
      processingExceptionHandler: (error) => {
        failures.push(error);
        return 'continue';
      },
    },
  );
  expect(failures).toHaveLength(1);
  // The handler let the record go: its span is fine, and there is none for a result.
  expect(found.filter(({ name }) => name === 'process input').map(({ status }) => status.code)).toEqual([
    SpanStatusCode.UNSET,
    SpanStatusCode.UNSET,
  ]);
  expect(found.filter(({ name }) => name === 'send output')).toHaveLength(1);
});
