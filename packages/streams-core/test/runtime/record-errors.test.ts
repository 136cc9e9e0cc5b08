import {
  deadLetterTo,
  json,
  keyValueStore,
  logAndContinue,
  long,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';
import { caughtUp, readTopic, withLog, write } from './support.ts';

const seen = keyValueStore({ name: 'seen', key: string(), value: long() });

/** Keeps each value, then fails for 13. */
function unlucky() {
  const builder = new StreamsBuilder();
  const stream = builder.stream(input);
  stream
    .process<string, number>(
      (context) => {
        const store = context.store(seen);
        return (record) => {
          store.put(record.key, record.value);
          if (record.value === 13) throw new Error('unlucky');
          return context.forward(record);
        };
      },
      { name: 'checks', stores: [seen] },
    )
    .to(output);
  stream.mapValues((value) => -value).to({ ...output, name: 'beside' });
  return builder.build();
}

describe('a record that cannot be processed', () => {
  test('stops the app unless something else is said, naming node and origin', () => {
    const driver = new TopologyTestDriver(unlucky());
    const source = driver.createInputTopic(input);
    source.pipeInput('a', 1);
    expect(() => source.pipeInput('a', 13)).toThrow(
      'A record could not be processed at checks (record input-0 @ 1): unlucky',
    );
  });

  test('is left out by the node that failed; other nodes get it, and stores keep what they took in', () => {
    const reports: string[] = [];
    const driver = new TopologyTestDriver(unlucky(), {
      processingExceptionHandler: logAndContinue((message) => void reports.push(message)),
    });
    const source = driver.createInputTopic(input);
    for (const value of [1, 13, 2]) source.pipeInput('a', value);
    expect(driver.createOutputTopic(output).readValuesToList()).toEqual([1, 2]);
    expect(driver.createOutputTopic({ ...output, name: 'beside' }).readValuesToList()).toEqual([-1, -13, -2]);
    expect(driver.getKeyValueStore('seen').get('a')).toBe(2);
    expect(reports).toEqual([
      expect.stringMatching(
        /^Left out: A record could not be processed at checks \(record input-0 @ 1\): unlucky \(checks was added at .*record-errors\.test\.ts:\d+\)$/,
      ),
    ]);
    expect(driver.metrics.droppedRecords).toBe(1);
  });

  test('a failing record goes to a dead-letter topic as it came, with the reason, in the same commit', async () => {
    await withLog(async (log, stateDir) => {
      const dead = { ...input, name: 'dead' };
      await log.admin.createTopics(
        ['input', 'output', 'beside', 'dead'].map((name) => ({ name, partitions: 1 })),
      );
      const app = new StreamsApp(unlucky(), {
        applicationId: 'unlucky',
        log,
        stateDir,
        processingExceptionHandler: deadLetterTo('dead'),
        deadLetterTopics: ['dead'],
      });
      await app.start();
      await write(log, input, [
        ['a', 1],
        ['a', 13],
        ['a', 2],
      ]);
      await caughtUp(log, 'unlucky', 'input');
      await app.close();
      expect(await readTopic(log, dead)).toEqual([{ key: 'a', value: 13 }]);
      const reader = await log.reader([{ topic: 'dead', partition: 0, offset: 0 }]);
      const [batch] = await reader.poll({ maxWaitMs: 0, maxRecords: 1 });
      const headers = Object.fromEntries(
        batch!.records[0]!.headers.map(({ key, value }) => [key, String(value)]),
      );
      expect(headers).toMatchObject({
        '__streams.errors.message': 'unlucky',
        '__streams.errors.topic': 'input',
        '__streams.errors.offset': '1',
      });
      await reader.close();
    });
  });

  test('errors in punctuators go to the handler too, without a record', () => {
    const asked: unknown[] = [];
    const builder = new StreamsBuilder();
    builder.stream(input).process(
      (context) => {
        context.schedule(10, 'wall-clock-time', () => {
          throw new Error('tick');
        });
        return () => {};
      },
      { name: 'ticks' },
    );
    const driver = new TopologyTestDriver(builder.build(), {
      processingExceptionHandler: (error, record) => {
        asked.push([error.message, record]);
        return 'continue';
      },
    });
    driver.advanceWallClockTime(10);
    driver.advanceWallClockTime(10);
    expect(asked).toEqual(
      Array(2).fill([
        expect.stringMatching(/^A record could not be processed at ticks: tick \(ticks was added at /),
        undefined,
      ]),
    );
  });
});

describe('a result that cannot be written', () => {
  const build = () => {
    const builder = new StreamsBuilder();
    builder
      .stream(input)
      .mapValues((value) => (value === 13 ? Symbol('unwritable') : value))
      .to(topic('numbers', { key: string(), value: json<unknown>() }), { name: 'out' });
    return builder.build();
  };

  test('stops the app, is left out, or goes elsewhere: the production handler decides, not the other', () => {
    const numbers = topic('numbers', { key: string(), value: json<unknown>() });
    const failing = new TopologyTestDriver(build(), { processingExceptionHandler: () => 'continue' });
    expect(() => failing.createInputTopic(input).pipeInput('a', 13)).toThrow(
      /A record for "numbers" could not be written at out \(record input-0 @ 0\): JSON has no form for symbol/,
    );
    const driver = new TopologyTestDriver(build(), { productionExceptionHandler: deadLetterTo('dead') });
    driver.createInputTopic(input).pipeKeyValueList([
      ['a', 1],
      ['a', 13],
      ['a', 2],
    ]);
    expect(driver.createOutputTopic(numbers).readValuesToList()).toEqual([1, 2]);
    expect(driver.createOutputTopic({ ...input, name: 'dead' }).readValuesToList()).toEqual([13]);
  });
});
