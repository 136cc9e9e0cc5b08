import { json, StreamsApp, StreamsBuilder, string, timers, topic } from '@millrace/streams-core';
import { MockProcessorContext, TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { caughtUp, eventually, readTopic, withLog, write } from '../../runtime/support.ts';

const orders = topic('orders', { key: string(), value: string() });
const reminders = topic('reminders', { key: string(), value: json<string>() });
const hour = 3_600_000;

/** Reminds of an order that was not paid within an hour, and again a day later. */
function remind(clock: 'stream-time' | 'wall-clock' = 'stream-time') {
  const builder = new StreamsBuilder();
  const due = timers({
    name: 'due',
    key: string(),
    clock: clock === 'stream-time' ? 'stream-time' : 'wall-clock-time',
  });
  builder
    .stream(orders)
    .process<string, string>(
      (context) => {
        const timer = context.timers(due, (key, { name, at, now }) => {
          if (name === '') timer.set(key, at + 24 * hour, 'again');
          return context.forward({
            key,
            value: `${name || 'first'} ${at} ${now}`,
            timestamp: now,
            headers: [],
          });
        });
        return ({ key, value, timestamp }) => {
          if (value === 'ordered')
            timer.set(key, (clock === 'stream-time' ? timestamp : context.currentSystemTimeMs) + hour);
          if (value === 'paid') {
            timer.cancel(key);
            timer.cancel(key, 'again');
          }
        };
      },
      { stores: [due] },
    )
    .to(reminders);
  return builder.build();
}

describe('timers', () => {
  test('go off once stream time has passed them, in the order of their times, and may be set again', async () => {
    const driver = new TopologyTestDriver(remind());
    const input = driver.createInputTopic(orders);
    const output = driver.createOutputTopic(reminders);
    input.pipeInput('b', 'ordered', { timestamp: 10 });
    input.pipeInput('a', 'ordered', { timestamp: 5 });
    input.pipeInput('c', 'ordered', { timestamp: 20 });
    input.pipeInput('c', 'paid', { timestamp: 30 });
    expect(output.isEmpty).toBe(true);
    input.pipeInput('d', 'nothing', { timestamp: hour + 15 });
    expect(output.readKeyValuesToList()).toEqual([
      ['a', `first ${hour + 5} ${hour + 15}`],
      ['b', `first ${hour + 10} ${hour + 15}`],
    ]);
    driver.restart();
    input.pipeInput('a', 'paid', { timestamp: hour + 20 });
    input.pipeInput('d', 'nothing', { timestamp: 30 * hour });
    expect(output.readKeyValuesToList()).toEqual([['b', `again ${25 * hour + 10} ${30 * hour}`]]);
    await driver.close();
  });

  test('by the wall clock go off without a record', async () => {
    const driver = new TopologyTestDriver(remind('wall-clock'), { initialWallClockMs: 1000 });
    driver.createInputTopic(orders).pipeInput('a', 'ordered', { timestamp: 5 });
    const output = driver.createOutputTopic(reminders);
    driver.advanceWallClockTime(hour - 1);
    expect(output.isEmpty).toBe(true);
    driver.advanceWallClockTime(200);
    expect(output.readKeyValue()[0]).toBe('a');
    await driver.close();
  });

  test('by the wall clock that are not due are no work: an idle app commits nothing', async () => {
    await withLog(async (log, stateDir) => {
      await log.admin.createTopics(['orders', 'reminders'].map((name) => ({ name, partitions: 1 })));
      const app = new StreamsApp(remind('wall-clock'), { applicationId: 'app', log, stateDir, pollMs: 1 });
      await app.start();
      await write(log, orders, [['a', 'ordered', 5]]);
      await caughtUp(log, 'app', 'orders');
      const figure = (name: string): number =>
        app.readMetrics().find((one) => one.group === 'stream-thread-metrics' && one.name === name)!.value;
      await eventually('its commit has ended', () => figure('commit-total') > 0);
      const [commits, polls] = [figure('commit-total'), figure('poll-total')];
      await eventually('many rounds have gone by', () => figure('poll-total') > polls + 200);
      expect(figure('commit-total')).toBe(commits);
      expect(figure('punctuate-total')).toBe(0);
      await app.close();
    });
  });

  test('are moved, read and refused where a time is none', () => {
    const context = new MockProcessorContext<string, string>();
    const due = timers({ name: 'due', key: string() });
    context.addStateStore(due);
    const fired: string[] = [];
    const timer = context.timers(due, (key, { name, at }) => void fired.push(`${key} ${name} ${at}`));
    timer.set('a', 10);
    timer.set('a', 30);
    timer.set('a', 20, 'other');
    expect(timer.get('a')).toBe(30);
    expect(timer.get('b')).toBeUndefined();
    expect(() => timer.set('a', Number.NaN)).toThrow('whole milliseconds since the epoch expected');
    const [punctuator] = context.scheduledPunctuators;
    void punctuator!.punctuate(25);
    expect(fired).toEqual(['a other 20']);
    void punctuator!.punctuate(30);
    expect(fired).toEqual(['a other 20', 'a  30']);
  });

  test('outlive the app: what was due meanwhile goes off when it starts again, once', async () => {
    await withLog(async (log, dir) => {
      await log.admin.createTopics(['orders', 'reminders'].map((name) => ({ name, partitions: 1 })));
      const run = async (
        state: string,
        records: Parameters<typeof write<string, string>>[2],
      ): Promise<void> => {
        const app = new StreamsApp(remind(), { applicationId: 'app', log, stateDir: `${dir}/${state}` });
        await app.start();
        await write(log, orders, records);
        await caughtUp(log, 'app', 'orders');
        await eventually('it runs', () => app.state === 'running');
        await app.close();
      };
      await run('one', [
        ['a', 'ordered', 5],
        ['b', 'ordered', 6],
      ]);
      await run('two', [['c', 'nothing', 2 * hour]]);
      await run('one', [['c', 'nothing', 3 * hour]]);
      const sent = await readTopic(log, reminders);
      expect(sent.map(({ key, value }) => `${key} ${value}`)).toEqual([
        `a first ${hour + 5} ${2 * hour}`,
        `b first ${hour + 6} ${2 * hour}`,
      ]);
    });
  });
});
