import { EmbeddedLog } from '@millrace/embedded-log';
import { json, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';
import { caughtUp, write } from '../runtime/support.ts';

const numbers = topic('numbers', { key: string(), value: json<number>() });

/** What a partitioner of a sink with three partitions makes of values 0, 1, 2 ..., by partition. */
async function placed(
  partitioner: (value: number) => number | readonly number[] | undefined,
): Promise<{ readonly partitions: number[][]; readonly dropped: number }> {
  const log = await EmbeddedLog.inMemory();
  await log.admin.createTopics([
    { name: 'input', partitions: 1 },
    { name: 'numbers', partitions: 3 },
  ]);
  const builder = new StreamsBuilder();
  builder.stream(input).to(numbers, { partitioner: ({ value }) => partitioner(value) });
  const app = new StreamsApp(builder.build(), { applicationId: 'sink', log });
  await app.start();
  await write(
    log,
    input,
    [0, 1, 2, 3].map((value) => ['k', value]),
  );
  await caughtUp(log, 'sink', 'input');
  const partitions = [];
  for (const partition of [0, 1, 2]) {
    const reader = await log.reader([{ topic: 'numbers', partition, offset: 0 }]);
    const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 100 });
    partitions.push(
      batches.flatMap(({ records }) => records.map(({ value }) => json<number>().deserialize(value!))),
    );
    await reader.close();
  }
  const dropped = app.metrics.droppedRecords;
  await app.close();
  await log.close();
  return { partitions, dropped };
}

test('a partitioner chooses a partition, several, none, or leaves it to the key', async () => {
  expect((await placed((value) => value % 3)).partitions).toEqual([[0, 3], [1], [2]]);
  const multicast = await placed((value) => (value === 0 ? [0, 1, 2, 2] : []));
  expect(multicast).toEqual({ partitions: [[0], [0], [0]], dropped: 3 });
  const byKey = await placed(() => undefined);
  expect(byKey.partitions.filter((values) => values.length > 0)).toEqual([[0, 1, 2, 3]]);
});

test('a partition that is not there is an error that names the sink', () => {
  const builder = new StreamsBuilder();
  builder.stream(input).to(output, { name: 'out', partitioner: () => 1 });
  const driver = new TopologyTestDriver(builder.build());
  const source = driver.createInputTopic(input);
  expect(() => source.pipeInput('a', 1)).toThrow(/The partitioner of out chose partition 1 of 1/);
});

test('a topic may be chosen for each record, by its headers too', () => {
  const builder = new StreamsBuilder();
  builder
    .stream(input)
    .to(({ headers }) => `to-${String(headers[0]?.value)}`, { key: string(), value: json() });
  const driver = new TopologyTestDriver(builder.build());
  const headers = [{ key: 'where', value: Buffer.from('x') }];
  driver.createInputTopic(input).pipeInput('a', 1, { headers });
  const found = driver.createOutputTopic({ ...input, name: 'to-x' }).readRecord();
  expect(found).toMatchObject({ key: 'a', value: 1, headers });
});

test('print shows records to people', () => {
  const lines: string[] = [];
  const builder = new StreamsBuilder();
  const stream = builder.stream(input);
  stream.print({ label: 'in', write: (line) => void lines.push(line) });
  stream.print({ format: (value, key) => `${key}:${value}`, write: (line) => void lines.push(line) });
  new TopologyTestDriver(builder.build()).createInputTopic(input).pipeInput('a', 1);
  expect(lines).toEqual(['[in]: a, 1', 'a:1']);
});
