import {
  json,
  keyValueStore,
  long,
  string,
  TopologyBuilder,
  topic,
  topicPattern,
} from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';

const sums = keyValueStore({ name: 'sums', key: string(), value: long() });

/** Sums by key, told on request: two processors that share a store. */
function shared(): TopologyBuilder {
  return new TopologyBuilder()
    .addSource('in', input)
    .addSource('asked', topic('asked', { key: string(), value: string() }))
    .addProcessor<string, number, never, never>(
      'add',
      (context) => {
        const store = context.store(sums);
        return ({ key, value }) => store.put(key, (store.get(key) ?? 0) + value);
      },
      { parents: ['in'], stores: [sums] },
    )
    .addProcessor<string, string, string, number>(
      'tell',
      (context) => {
        const store = context.getStateStore<string, number>('sums');
        return (record) => context.forward({ ...record, value: store.get(record.key) ?? 0 }, 'out');
      },
      { parents: ['asked'], stores: ['sums'] },
    )
    .addSink('out', output, { parents: ['tell'] });
}

test('sources, processors that share a store, and a sink', () => {
  const topology = shared().build();
  expect(topology.subTopologies).toHaveLength(1);
  const driver = new TopologyTestDriver(topology);
  driver.createInputTopic(input).pipeKeyValueList([
    ['a', 1],
    ['a', 2],
  ]);
  driver.createInputTopic(topic('asked', { key: string(), value: string() })).pipeInput('a', '?');
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([3]);
});

test('stores may be connected later, by name', () => {
  const builder = new TopologyBuilder()
    .addSource('in', input)
    .addProcessor<string, number, string, number>(
      'count',
      (context) => {
        const store = context.getStateStore<string, number>('sums');
        return (record) => {
          const value = (store.get(record.key) ?? 0) + 1;
          store.put(record.key, value);
          return context.forward({ ...record, value });
        };
      },
      { parents: ['in'] },
    )
    .addSink('out', output, { parents: ['count'] });
  const run = (topology: ReturnType<TopologyBuilder['build']>) => {
    const driver = new TopologyTestDriver(topology);
    driver.createInputTopic(input).pipeInput('a', 1);
    return driver.createOutputTopic(output).readValuesToList();
  };
  expect(() => run(builder.build())).toThrow(/not connected to the store "sums"/);
  expect(run(builder.addStateStore(sums).connectProcessorAndStateStores('count', 'sums').build())).toEqual([
    1,
  ]);
  const atOnce = shared().addStateStore({ ...sums, name: 'more' }, 'add', 'tell');
  expect(atOnce.build().stores.has('more')).toBe(true);
});

test('a global store is filled by a processor, and any processor may read it', () => {
  const rates = topic('rates', { key: string(), value: json<number>() });
  const builder = new TopologyBuilder()
    .addGlobalStore({
      store: keyValueStore({ name: 'doubled', key: string(), value: long() }),
      topic: rates,
      supplier: (context) => {
        const store = context.getStateStore<string, number>('doubled');
        return ({ key, value }) => store.put(key, value * 2);
      },
    })
    .addSource('in', input)
    .addProcessor<string, number, string, number>(
      'multiply',
      (context) => {
        const store = context.getStateStore<string, number>('doubled');
        return (record) => context.forward({ ...record, value: record.value * (store.get(record.key) ?? 1) });
      },
      { parents: ['in'] },
    )
    .addSink('out', output, { parents: ['multiply'] });
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(rates).pipeInput('a', 5);
  driver.createInputTopic(input).pipeInput('a', 3);
  driver.createInputTopic(input).pipeInput('b', 3);
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([30, 3]);
});

test('a read-only store holds what its topic says, and has no changelog of its own', () => {
  const rates = topic('rates', { key: string(), value: long() });
  const builder = new TopologyBuilder()
    .addReadOnlyStateStore(keyValueStore({ name: 'rates-store', key: string(), value: long() }), rates)
    .addSource('in', input)
    .addProcessor<string, number, string, number>(
      'multiply',
      (context) => {
        const store = context.getStateStore<string, number>('rates-store');
        return (record) => context.forward({ ...record, value: record.value * (store.get(record.key) ?? 1) });
      },
      { parents: ['in'], stores: ['rates-store'] },
    )
    .addSink('out', output, { parents: ['multiply'] });
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(rates).pipeInput('a', 5);
  driver.restart();
  driver.createInputTopic(input).pipeInput('a', 3);
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([15]);
  expect([...driver.producedTopicNames]).toEqual(['output']);
});

test('a sink may choose the topic of each record', () => {
  const builder = new TopologyBuilder()
    .addSource('in', topicPattern(/in.*/, { key: string(), value: json<number>() }))
    .addSink<string, number>('out', ({ key }) => `to-${key}`, {
      parents: ['in'],
      key: string(),
      value: json<number>(),
    });
  const driver = new TopologyTestDriver(builder.build());
  driver.createInputTopic(input).pipeInput('a', 3);
  expect([...driver.producedTopicNames]).toEqual(['to-a']);
});

test('every processor can be wrapped, with its name, kind and task', () => {
  const calls: unknown[] = [];
  const builder = new TopologyBuilder({
    processorWrapper:
      ({ name, kind, taskId }, process) =>
      (record) => {
        calls.push([name, kind, taskId, record.value]);
        return process(record);
      },
  })
    .addSource('in', input)
    .addProcessor<string, number, string, number>(
      'next',
      (context) => (record) => context.forward({ ...record, value: record.value + 1 }),
      { parents: ['in'] },
    )
    .addProcessor<string, number, never, never>('last', () => () => {}, { parents: ['next'] });
  new TopologyTestDriver(builder.build()).createInputTopic(input).pipeInput('a', 1);
  expect(calls).toEqual([
    ['next', 'process', '0_0', 1],
    ['last', 'process', '0_0', 2],
  ]);
});

describe('what cannot be', () => {
  const nothing = () => () => {};
  test.each([
    [() => new TopologyBuilder().build(), /reads no topic/],
    [() => new TopologyBuilder().addProcessor('p', nothing, { parents: [] }), /"p" has no parents/],
    [
      () => new TopologyBuilder().addProcessor('p', nothing, { parents: ['q'] }),
      /after "q", which does not exist/,
    ],
    [() => shared().addProcessor('p', nothing, { parents: ['out'] }), /after "out", which is a sink/],
    [
      () => shared().addSource('in', topic('x', { key: string(), value: string() })),
      /named "in" exists already/,
    ],
    [() => shared().addSource('again', input), /reads what "in" reads already/],
    [() => shared().addStateStore({ ...sums }), /store named "sums" exists already/],
    [() => shared().connectProcessorAndStateStores('nobody', 'sums'), /no such processor/],
    [
      () => shared().connectProcessorAndStateStores('add', 'none').build(),
      /uses the store "none", which does not exist/,
    ],
  ])('%#', (build, message) => {
    expect(build).toThrow(message);
  });
});
