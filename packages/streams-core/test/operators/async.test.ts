import { setTimeout as sleep } from 'node:timers/promises';
import { json, type KStream, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const input = topic('input', { key: string(), value: json<number>() });
const output = topic('output', { key: string(), value: json<unknown>() });

type Build = (stream: KStream<string, number>) => unknown;

function drive(build: Build, options: ConstructorParameters<typeof TopologyTestDriver>[1] = {}) {
  const builder = new StreamsBuilder();
  build(builder.stream(input));
  const driver = new TopologyTestDriver(builder.build(), options);
  return { driver, source: driver.createInputTopic(input), results: driver.createOutputTopic(output) };
}

/** Calls that are under way, and the most there have been at once. */
function counter() {
  const now = { running: 0, most: 0 };
  const during = async <T>(work: () => Promise<T>): Promise<T> => {
    now.most = Math.max(now.most, ++now.running);
    try {
      return await work();
    } finally {
      now.running--;
    }
  };
  return { now, during };
}

describe('order', () => {
  /** How long each call takes does not follow the order of the records. */
  const delays = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c'), delay: fc.integer({ min: 0, max: 3 }) }),
    {
      maxLength: 12,
    },
  );

  test.each(['by-key', 'total', 'none'] as const)('%s', async (order) => {
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 1, max: 5 }), async (records, concurrency) => {
        const { now, during } = counter();
        const perKey = new Map<string, number>();
        const { driver, source, results } = drive((stream) =>
          stream
            .mapValuesAsync(
              (index, key) =>
                during(async () => {
                  perKey.set(key, (perKey.get(key) ?? 0) + 1);
                  if (order === 'by-key') expect(perKey.get(key)).toBe(1);
                  for (let turn = 0; turn < records[index]!.delay; turn++) await sleep(0);
                  perKey.set(key, perKey.get(key)! - 1);
                  return index;
                }),
              { concurrency, order },
            )
            .to(output),
        );
        for (const [index, { key }] of records.entries()) source.pipeInput(key, index, { timestamp: index });
        await driver.settled();
        expect(now.most).toBeLessThanOrEqual(concurrency);
        const found = results.readRecordsToList();
        const all = records.map((_, index) => index);
        expect(found.map(({ value }) => value as number).toSorted((a, b) => a - b)).toEqual(all);
        for (const { key, value, timestamp } of found) {
          expect(key).toBe(records[value as number]!.key);
          expect(timestamp).toBe(value);
        }
        if (order === 'total') expect(found.map(({ value }) => value)).toEqual(all);
        if (order === 'by-key') {
          for (const key of ['a', 'b', 'c']) {
            const own = found.filter((one) => one.key === key).map(({ value }) => value as number);
            expect(own).toEqual(own.toSorted((a, b) => a - b));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('calls do run beside each other', async () => {
    const { now, during } = counter();
    const { driver, source } = drive((stream) =>
      stream.foreachAsync(() => during(() => sleep(5)), { concurrency: 4, order: 'none' }),
    );
    for (let n = 0; n < 8; n++) source.pipeInput('a', n);
    await driver.settled();
    expect(now.most).toBe(4);
  });
});

describe('failures', () => {
  test('a failed call is made again after longer and longer waits, then goes to the handler with its record', async () => {
    const calls: number[] = [];
    const failed: unknown[] = [];
    const { driver, source, results } = drive(
      (stream) =>
        stream
          .mapValuesAsync(
            async (value) => {
              calls.push(value);
              if (value === 1) throw new Error('no');
              return value;
            },
            { retry: { attempts: 2, backoffMs: 1 }, name: 'asks' },
          )
          .to(output),
      {
        processingExceptionHandler: (error, record) => {
          failed.push([error.node, error.origin?.offset, record?.value, (error.cause as Error).message]);
          return 'continue';
        },
      },
    );
    for (const value of [0, 1, 2]) source.pipeInput(`k${value}`, value);
    await driver.settled();
    expect(calls.filter((value) => value === 1)).toHaveLength(3);
    expect(failed).toEqual([['asks', 1, 1, 'no']]);
    expect(results.readValuesToList()).toEqual([0, 2]);
  });

  test('errors that are not worth another attempt get none', async () => {
    let calls = 0;
    const { driver, source } = drive(
      (stream) =>
        stream.foreachAsync(
          async () => {
            calls++;
            throw new TypeError('wrong for good');
          },
          { retry: { attempts: 5, when: (error) => !(error instanceof TypeError) } },
        ),
      { processingExceptionHandler: () => 'continue' },
    );
    source.pipeInput('a', 1);
    await driver.settled();
    expect(calls).toBe(1);
  });

  test('a call that takes too long is aborted and has failed', async () => {
    let aborted = false;
    const { driver, source } = drive((stream) =>
      stream.mapValuesAsync(
        (_value, _key, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              aborted = true;
            });
            setTimeout(resolve, 5000).unref();
          }),
        { timeoutMs: 5, name: 'slow' },
      ),
    );
    source.pipeInput('a', 1);
    await expect(driver.settled()).rejects.toThrow(/slow .*The call took longer than 5 ms/);
    expect(aborted).toBe(true);
  });

  test('closing aborts what is under way', async () => {
    let reason: unknown;
    const { driver, source } = drive((stream) =>
      stream.foreachAsync(
        (_value, _key, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              reject(signal.reason as Error);
            });
          }),
      ),
    );
    source.pipeInput('a', 1);
    await driver.close();
    expect(String(reason)).toMatch(/Task 0_0 was closed/);
  });

  test.each([
    [{ concurrency: 0 }, /concurrency must be a whole number/],
    [{ timeoutMs: 0 }, /timeoutMs must be positive/],
    [{ retry: { attempts: -1 } }, /retry.attempts must be/],
  ])('%o is refused', (options, message) => {
    expect(() => drive((stream) => stream.foreachAsync(async () => {}, options))).toThrow(message);
  });
});

test('any number of values, and any keys, may come of a record', async () => {
  const { driver, source, results } = drive((stream) => {
    stream.flatMapValuesAsync(async (value) => [value, value * 10]).to(output);
    stream
      .processAsync<string, number>(async (record, { forward }) => {
        forward({ ...record, key: `${record.key}!`, timestamp: record.timestamp + 1 });
      })
      .to(output);
  });
  source.pipeInput('a', 1, { timestamp: 5 });
  await driver.settled();
  const found = results
    .readRecordsToList()
    .map(({ key, value, timestamp }) => `${key}=${String(value)}@${timestamp}`);
  expect(found.toSorted()).toEqual(['a!=1@6', 'a=10@5', 'a=1@5']);
});

test('operators after an async one run in the context of their own record', async () => {
  const offsets: unknown[] = [];
  const { driver, source } = drive((stream) =>
    stream
      .mapValuesAsync((value) => sleep(5 - value, value), { order: 'none', concurrency: 5 })
      .process((context) => ({ value }) => {
        offsets.push([value, context.recordMetadata?.offset]);
      }),
  );
  for (let n = 0; n < 5; n++) source.pipeInput(`k${n}`, n);
  await driver.settled();
  expect(offsets).toHaveLength(5);
  for (const [value, offset] of offsets as [number, number][]) expect(offset).toBe(value);
});
