import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import type { Header } from '@millrace/log-client';
import {
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
const output = topic('output', { key: string(), value: string() });
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
  inputs: readonly { value: string; timestamp?: number; headers?: readonly Header[] }[],
  config: Partial<StreamsConfig> = {},
  ratio?: number,
): Promise<Ran> {
  const log = closeLater(await EmbeddedLog.inMemory());
  await log.admin.createTopics([input, output].map(({ name }) => ({ name, partitions: 1 })));
  const { exporter, tracer } = spans();
  const out = await producer(log, input);
  for (const { value, ...options } of inputs) await out.send('k', value, options);
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
  const place = [{ topic: input.name, partition: 0 }];
  await expect
    .poll(async () => (await log.admin.committed('traced', place))[0]?.offset, { timeout: 10_000 })
    .toBe(inputs.length);
  await app.close();
  const results: { value: string; headers: readonly Header[] }[] = [];
  for await (const { value, headers } of records(log, output, { from: 'earliest' }))
    results.push({ value: value!, headers });
  return { spans: exporter.getFinishedSpans(), results };
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
  const { spans: found, results } = await run(upperCase(), [{ value: 'a', headers }], {}, 1);
  expect(found).toEqual([]);
  expect(results[0]!.headers.map(({ key, value }) => [key, Buffer.from(value!).toString()])).toEqual(
    headers.map(({ key, value }) => [key, Buffer.from(value!).toString()]),
  );
});

test('of records without a context the ratio says how many start a trace', async () => {
  expect((await run(upperCase(), [{ value: 'a' }], {}, 0)).spans).toEqual([]);
  const { spans: found, results } = await run(upperCase(), [{ value: 'a' }], {}, 1);
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
