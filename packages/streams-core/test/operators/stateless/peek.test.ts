import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { input, through } from '../support.ts';

test('peek sees every record and passes it on', () => {
  const seen: string[] = [];
  const out = through<number>(input, (stream) => stream.peek((n, key) => void seen.push(`${key}${n}`)), [
    ['a', 1],
    ['b', 2],
  ]);
  expect(seen).toEqual(['a1', 'b2']);
  expect(out).toEqual(['a=1@0', 'b=2@0']);
});

test('an asynchronous action is awaited before the record goes on, and before the next one', async () => {
  const builder = new StreamsBuilder();
  const events: string[] = [];
  const out = topic('out', { key: string(), value: json<number>() });
  builder
    .stream(input)
    .peek(async (n) => {
      await new Promise((resolve) => setTimeout(resolve, 10 - n));
      events.push(`peeked ${n}`);
    })
    .peek((n) => void events.push(`passed ${n}`))
    .to(out);
  const driver = new TopologyTestDriver(builder.build());
  const topicIn = driver.createInputTopic(input);
  topicIn.pipeInput('a', 1);
  topicIn.pipeInput('a', 9);
  const results = driver.createOutputTopic(out);
  expect(() => results.readValue()).toThrow(/await driver\.settled\(\)/);
  await driver.settled();
  expect(results.readValuesToList()).toEqual([1, 9]);
  expect(events).toEqual(['peeked 1', 'passed 1', 'peeked 9', 'passed 9']);
});
