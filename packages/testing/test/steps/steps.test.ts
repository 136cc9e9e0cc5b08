import {
  EmitStrategy,
  json,
  long,
  minutes,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  type Topology,
} from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { eventsOf, showStep, type Step, TopologyTestDriver } from '../../src/index.ts';

const orders = topic('orders', { key: string(), value: json<{ product: string; quantity: number }>() });
const sums = topic('sums', { key: string(), value: json<number | null>() });

/** Two sub-topologies: by order, then by product. */
function sumsByProduct(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(orders, { name: 'orders' })
    .filter(({ quantity }) => quantity > 0, { name: 'some' })
    .selectKey(({ product }) => product, { name: 'by-product' })
    .groupByKey({ name: 'product', key: string() })
    .aggregate({ initial: () => 0, add: (sum, { quantity }) => sum + quantity, as: 'totals', name: 'sum' })
    .toStream({ name: 'changes' })
    .to(sums, { name: 'out' });
  return builder.build();
}

function run(topology: Topology, values: readonly { product: string; quantity: number }[]) {
  const driver = new TopologyTestDriver(topology, { steps: true });
  const input = driver.createInputTopic(orders);
  for (const [n, value] of values.entries()) input.pipeInput(`o${n}`, value, { timestamp: n });
  return { driver, input, results: driver.createOutputTopic(sums).readRecordsToList() };
}

const nodesOf = (step: Step): string[] =>
  eventsOf(step, 'node').map(({ task, node, value }) => `${task} ${node} ${JSON.stringify(value)}`);

describe('the steps of a driver', () => {
  test('say what each node got, in every sub-topology, which rows changed and what was written', async () => {
    const { driver } = run(sumsByProduct(), [
      { product: 'mug', quantity: 2 },
      { product: 'mug', quantity: 3 },
    ]);
    const [, second] = driver.steps;
    const order = '{"product":"mug","quantity":3}';
    expect(nodesOf(second!)).toEqual([
      `0_0 orders ${order}`,
      `0_0 some ${order}`,
      `0_0 by-product ${order}`,
      `0_0 product-repartition-filter ${order}`,
      `0_0 product-repartition-sink ${order}`,
      `1_0 product-repartition-source ${order}`,
      `1_0 sum ${order}`,
      '1_0 changes {"newValue":5,"oldValue":null}',
      '1_0 out 5',
    ]);
    expect(eventsOf(second!, 'row')).toEqual([
      { type: 'row', store: 'totals', key: 'mug', window: undefined, before: 2, after: 5 },
    ]);
    expect(eventsOf(second!, 'result').map(({ topic: name, offset }) => [name, offset])).toEqual([
      ['test-app-product-repartition', 1],
      ['sums', 1],
    ]);
    await driver.close();
  });

  test('say where a record went no further', async () => {
    const { driver } = run(sumsByProduct(), [{ product: 'mug', quantity: 0 }]);
    expect(showStep(driver.steps[0]!)).toContain(
      "    some (filter): 'o0', { product: 'mug', quantity: 0 }, time 0\n      sends nothing on",
    );
    await driver.close();
  });

  test('late records, windows, punctuators, restarts and errors have their place', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream(orders, { name: 'orders' })
      .mapValues(
        (value) => {
          if (value.quantity < 0) throw new Error('less than nothing');
          return value.quantity;
        },
        { name: 'quantity' },
      )
      .groupByKey({ name: 'key', key: string(), value: json<number>() })
      .windowedBy(TimeWindows.of(minutes(1)).grace(0), { emit: EmitStrategy.onWindowUpdate })
      .count({ as: 'counts', name: 'count' });
    builder.stream(topic('ticks', { key: string(), value: long() })).process((context) => {
      context.schedule(1000, 'wall-clock-time', (now) =>
        context.forward({ key: 'tick', value: now, timestamp: now, headers: [] }),
      );
      return () => {};
    });
    const driver = new TopologyTestDriver(builder.build(), {
      steps: true,
      processingExceptionHandler: () => 'continue',
    });
    const input = driver.createInputTopic(orders);
    input.pipeInput('k', { product: 'mug', quantity: 1 }, { timestamp: 0 });
    input.pipeInput('k', { product: 'mug', quantity: 1 }, { timestamp: minutes(2) });
    input.pipeInput('k', { product: 'mug', quantity: 1 }, { timestamp: 5 });
    input.pipeInput('k', { product: 'mug', quantity: -1 }, { timestamp: minutes(2) });
    driver.advanceWallClockTime(1000);
    driver.restart();
    input.pipeInput('k', { product: 'mug', quantity: 1 }, { timestamp: minutes(2) });
    const { steps } = driver;
    expect(steps.map(({ index, cause }) => [index, cause.type])).toEqual([
      [0, 'record'],
      [1, 'record'],
      [2, 'record'],
      [3, 'record'],
      [4, 'time'],
      [5, 'restart'],
      [6, 'record'],
    ]);
    expect(eventsOf(steps[2]!, 'drop')).toMatchObject([{ node: 'count', reason: 'late' }]);
    expect(showStep(steps[2]!)).toContain('left out by count: late');
    const [failure] = eventsOf(steps[3]!, 'failure');
    expect(failure!.error.message).toContain('less than nothing');
    expect(showStep(steps[3]!)).toContain('failed: ');
    // Rows of windows, and what they were before a restart.
    expect(eventsOf(steps[6]!, 'row')).toMatchObject([
      { store: 'counts', key: 'k', window: { start: minutes(2), end: minutes(3) }, before: 1, after: 2 },
    ]);
    await driver.close();
  });

  test('are not there unless they are asked for', async () => {
    const driver = new TopologyTestDriver(sumsByProduct());
    expect(() => driver.steps).toThrow(/steps: true/);
    expect(() => driver.explain({ topic: 'sums', offset: 0 })).toThrow(/steps: true/);
    await driver.close();
  });
});

describe('explain', () => {
  test('follows a result back through every sub-topology to the record that made it', async () => {
    const { driver, results } = run(sumsByProduct(), [
      { product: 'mug', quantity: 2 },
      { product: 'pen', quantity: 1 },
      { product: 'mug', quantity: 3 },
    ]);
    const explanation = driver.explain(results[2]!);
    expect(explanation.step.index).toBe(2);
    expect(explanation.parts.map(({ nodes }) => nodes[0]!.origin)).toEqual([
      { topic: 'orders', offset: 2 },
      { topic: 'test-app-product-repartition', offset: 2 },
    ]);
    expect(explanation.parts[1]!.rows).toMatchObject([{ store: 'totals', key: 'mug', before: 2, after: 5 }]);
    const order = "{ product: 'mug', quantity: 3 }, time 2";
    expect(String(explanation).split('\n')).toEqual([
      `step 2: orders @ 2, key 'o2', value '{"product":"mug","quantity":3}', time 2`,
      `  orders (source): 'o2', ${order}`,
      `  some (filter): 'o2', ${order}`,
      `  by-product (select-key): 'o2', ${order}`,
      `  product-repartition-filter (filter): 'mug', ${order}`,
      `  product-repartition-sink (sink): 'mug', ${order}`,
      `  -> test-app-product-repartition @ 2: 'mug', '{"product":"mug","quantity":3}', time 2`,
      `  product-repartition-source (source): 'mug', ${order}`,
      `  sum (aggregate): 'mug', ${order}`,
      "  changes (to-stream): 'mug', 5, time 2",
      "  out (sink): 'mug', 5, time 2",
      "  row totals['mug']: 2 -> 5",
      "  -> sums @ 2: 'mug', '5', time 2",
    ]);
    await driver.close();
  });

  test('says what no result is', async () => {
    const { driver, results } = run(sumsByProduct(), [{ product: 'mug', quantity: 2 }]);
    expect(() => driver.explain({ ...results[0]! })).toThrow(/was not read from an output topic/);
    expect(() => driver.explain({ topic: 'sums', offset: 7 })).toThrow(
      'No step has written a record to sums @ 7',
    );
    await driver.close();
  });
});
