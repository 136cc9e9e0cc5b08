import { SlidingWindows, StreamsBuilder, TimeWindows } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { toAwait } from '../../../src/record/to-await.ts';
import { input, output } from '../support.ts';

// TypeScript takes a function that returns something for one that returns nothing: what comes back must not
// be waited for.
const seen: string[] = [];
const note: (what: string) => void = (what) => seen.push(what);

test('callbacks that return something by chance are not waited for', () => {
  const builder = new StreamsBuilder({ processorWrapper: (_node, process) => (record) => process(record) });
  const stream = builder.stream(input).peek((value) => note(`peek ${value}`));
  stream.foreach((value) => note(`foreach ${value}`));
  stream.process((context) => {
    context.schedule(10, 'stream-time', (time) => note(`punctuate ${time}`));
    return (record) => note(`function ${record.value}`);
  });
  stream.process(() => ({ process: (record) => note(`object ${record.value}`) }));
  for (const windows of [TimeWindows.of(5), SlidingWindows.of(5)]) {
    const grouped = stream.groupByKey();
    const late = { onLate: (record: { readonly value: number }) => note(`late ${record.value}`) };
    if (windows instanceof TimeWindows) grouped.windowedBy(windows, late).count();
    else grouped.windowedBy(windows, late).count();
  }
  stream.to(output);
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeInput('a', 1, { timestamp: 100 });
  driver.createInputTopic(input).pipeInput('a', 2, { timestamp: 1 });
  const each = (n: number) => [`peek ${n}`, `foreach ${n}`, `function ${n}`, `object ${n}`];
  expect(seen).toEqual([...each(1), 'punctuate 100', ...each(2), 'late 2', 'late 2']);
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([1, 2]);
});

test('a promise and a thenable of user code are both awaited', async () => {
  const promise = Promise.resolve();
  expect(toAwait(promise)).toBe(promise);
  // What only has a `then` is what this is about.
  // oxlint-disable-next-line unicorn/no-thenable
  const like = { then: (resolve: (value: string) => void) => setTimeout(() => resolve('waited'), 1) };
  expect(toAwait(like)).toBeInstanceOf(Promise);
  expect(await toAwait(like)).toBe('waited');
  for (const other of [undefined, null, 0, 1, '', {}]) expect(toAwait(other)).toBe(undefined);
});
