import { LogError, noHeaders, type PartitionRecords, type ProducerRecord } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import { failOnProductionError, type ProductionExceptionHandler } from '../../../src/handlers.ts';
import { Delivery } from '../../../src/runtime/commit/delivery.ts';

const record = (value: string): ProducerRecord => ({ key: 'k', value, timestamp: 7, headers: noHeaders });
const entry = (topic: string, ...values: string[]): PartitionRecords => ({
  topic,
  partition: 3,
  records: values.map(record),
});

const directory = (partitions: Readonly<Record<string, number>> = {}) => ({
  realName: (topic: string) => topic,
  partitions: (topic: string) => partitions[topic] ?? 1,
  knownPartitions: (topic: string) => partitions[topic],
});

/** A log that refuses records of these values, one at a time, and remembers what it took. */
function choosy(refused: readonly string[], code: 'LOG_TOO_LARGE' | 'LOG_INVALID_RECORD' = 'LOG_TOO_LARGE') {
  const tries: PartitionRecords[][] = [];
  const write = async (records: readonly PartitionRecords[]): Promise<number[]> => {
    tries.push([...records]);
    for (const [at, { records: list }] of records.entries()) {
      const index = [...list].findIndex(({ value }) => refused.includes(String(value)));
      if (index >= 0)
        throw new LogError(code, `no ${String([...list][index]!.value)}`, { rejected: { entry: at, index } });
    }
    return records.map((_, index) => 100 + index);
  };
  return { tries, write };
}

const valuesOf = (records: readonly PartitionRecords[]) =>
  records.map(
    ({ topic, records: list }) => `${topic}: ${[...list].map(({ value }) => String(value)).join(' ')}`,
  );

test('what the log takes is delivered with its offsets', async () => {
  const { write } = choosy([]);
  const output = { changelogs: 1, records: [entry('log', 'row'), entry('out', 'a', 'b')] };
  const delivered = await new Delivery(failOnProductionError, directory()).run(output, write);
  expect(delivered).toEqual({ records: output.records, baseOffsets: [100, 101] });
});

test('records that the log refuses are left out where the handler says so, one after the other', async () => {
  const { tries, write } = choosy(['b', 'd']);
  const seen: string[] = [];
  const handler: ProductionExceptionHandler = (error, refused) => {
    seen.push(`${error.message} <- ${String(refused?.value)}`);
    return 'continue';
  };
  const output = { changelogs: 0, records: [entry('one', 'a', 'b', 'c'), entry('two', 'd')] };
  const { records } = await new Delivery(handler, directory()).run(output, write);
  expect(valuesOf(records)).toEqual(['one: a c', 'two: ']);
  expect(tries).toHaveLength(3);
  expect(seen[0]).toMatch(/A record for "one" could not be written at partition 3: no b <- b/);
  expect(seen[1]).toMatch(/A record for "two" .* <- d/);
});

test('a dead letter has the record, where it was to go and why; what was too large comes without its value', async () => {
  const handler = () => ({ deadLetterTopic: 'dead' });
  const deliver = async (code: 'LOG_TOO_LARGE' | 'LOG_INVALID_RECORD') => {
    const { write } = choosy(['b'], code);
    const output = { changelogs: 0, records: [entry('out', 'a', 'b')] };
    const { records } = await new Delivery(handler, directory({ dead: 2 })).run(output, async (all) =>
      write(all.filter(({ topic }) => topic !== 'dead')),
    );
    return records;
  };
  const [out, letter] = await deliver('LOG_INVALID_RECORD');
  expect(valuesOf([out!])).toEqual(['out: a']);
  expect([letter!.topic, letter!.partition]).toEqual(['dead', 1]);
  const [dead] = letter!.records;
  expect([dead!.key, dead!.value, dead!.timestamp]).toEqual(['k', 'b', 7]);
  expect(dead!.headers.map(({ key, value }) => `${key}=${String(value)}`)).toEqual([
    '__streams.errors.exception=LOG_INVALID_RECORD',
    '__streams.errors.message=no b',
    '__streams.errors.topic=out',
    '__streams.errors.partition=3',
  ]);
  const [, large] = await deliver('LOG_TOO_LARGE');
  expect([...large!.records][0]!.value).toBeNull();
});

test.each(['fail', 'retry'] as const)(
  '"%s" of a refused record ends the app, with the record named',
  async (response) => {
    const { write } = choosy(['b']);
    const delivery = new Delivery(() => response, directory());
    const run = delivery.run({ changelogs: 0, records: [entry('out', 'a', 'b')] }, write);
    await expect(run).rejects.toMatchObject({
      code: 'RECORD_PRODUCTION',
      message: expect.stringMatching(/"out"/),
    });
  },
);

test('a row that its changelog refuses is never left out: the store would lose it', async () => {
  const { write } = choosy(['row']);
  let asked = 0;
  const delivery = new Delivery(() => (asked++, 'continue'), directory());
  const run = delivery.run({ changelogs: 1, records: [entry('app-store-changelog', 'row')] }, write);
  await expect(run).rejects.toMatchObject({
    code: 'RECORD_PRODUCTION',
    message: expect.stringMatching(/changelog "app-store-changelog", and its store would lose it/),
  });
  expect(asked).toBe(0);
});

test('a dead-letter topic that the app was not told of is named', async () => {
  const { write } = choosy(['b']);
  const delivery = new Delivery(() => ({ deadLetterTopic: 'nowhere' }), directory());
  const run = delivery.run({ changelogs: 0, records: [entry('out', 'b')] }, write);
  await expect(run).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/"nowhere".*name it in "deadLetterTopics"/),
  });
});

test('a log that does not answer: the handler may end the app, or leave it to what tries again', async () => {
  const late = new LogError('LOG_TIMEOUT', 'no answer');
  const run = (handler: ProductionExceptionHandler) =>
    new Delivery(handler, directory())
      .run({ changelogs: 0, records: [] }, () => Promise.reject(late))
      .catch((error: unknown) => error);
  const asked: unknown[] = [];
  expect(await run((error, about) => (asked.push(error.cause, about), 'retry'))).toBe(late);
  expect(asked).toEqual([late, undefined]);
  expect(await run(() => 'continue')).toBe(late);
  const failed = await run(() => 'fail');
  expect(failed).toBeInstanceOf(RecordError);
  expect(failed).toMatchObject({
    code: 'RECORD_PRODUCTION',
    message: expect.stringMatching(/Results could not be written at a commit: no answer/),
  });
});

test('other errors are passed on, and nobody is asked', async () => {
  let asked = 0;
  const run = (error: unknown) =>
    new Delivery(() => (asked++, 'continue'), directory())
      .run({ changelogs: 0, records: [] }, () => Promise.reject(error as Error))
      .catch((reason: unknown) => reason);
  const fenced = new LogError('LOG_FENCED', 'gone');
  const strange = new TypeError('a bug');
  expect(await run(fenced)).toBe(fenced);
  expect(await run(strange)).toBe(strange);
  expect(asked).toBe(0);
});
