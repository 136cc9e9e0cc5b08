import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { json, StreamsBuilder, string, topic, TopologyBuilder } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { usersLine } from '../../src/topology/graph/users-line.ts';

const here = path.relative(process.cwd(), fileURLToPath(import.meta.url));
const input = topic('in', { key: string(), value: json<number>() });
const output = topic('out', { key: string(), value: json<number>() });

/** Where an error says that its node was added. */
function placeIn(error: unknown): string {
  const { message } = error as Error;
  return /\((?<node>\S+) was added at (?<place>.*)\)$/.exec(message)?.groups?.['place'] ?? message;
}

function failureOf(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return expect.fail('it did not fail');
}

test('the error of an operator names the line that added it', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(input);
  const [before] = [usersLine()!];
  stream
    .filter((value) => value > 0)
    .mapValues((value) => {
      if (value === 13) throw new Error('unlucky');
      return value;
    })
    .to(output);
  const driver = new TopologyTestDriver(builder.build());
  const failure = failureOf(() => driver.createInputTopic(input).pipeInput('a', 13));
  // The call of mapValues is the fourth line after the one that was asked for.
  const [file, line] = before.split(/:(?=\d+$)/);
  expect(file).toBe(here);
  expect(placeIn(failure)).toBe(`${here}:${Number(line) + 3}`);
  expect(failure).toMatchObject({ addedAt: `${here}:${Number(line) + 3}` });
});

test("errors of a sink and of a processor name the user's line", () => {
  const sink = new StreamsBuilder();
  sink.stream(input).to(output, { partitioner: () => 0 });
  const loop = new StreamsBuilder();
  loop
    .stream(input)
    .mapValues(() => 1n as unknown as number)
    .to(output);
  const failure = failureOf(() => {
    new TopologyTestDriver(loop.build()).createInputTopic(input).pipeInput('a', 1);
  });
  expect(placeIn(failure)).toMatch(/users-line\.test\.ts:\d+$/);
  const processors = new TopologyBuilder().addSource('source', input);
  processors.addProcessor(
    'failing',
    () => () => {
      throw new Error('no');
    },
    { parents: ['source'] },
  );
  const other = failureOf(() =>
    new TopologyTestDriver(processors.build()).createInputTopic(input).pipeInput('a', 1),
  );
  expect(placeIn(other)).toMatch(/users-line\.test\.ts:\d+$/);
});

test('programs that differ in their lines only are the same to an app', () => {
  const build = () => {
    const builder = new StreamsBuilder();
    builder.stream(input).to(output);
    return builder.build();
  };
  const moved = () => {
    const builder = new StreamsBuilder();

    builder.stream(input).to(output);
    return builder.build();
  };
  expect(moved().describe()).toBe(build().describe());
  expect(build().describe()).not.toContain('users-line');
});

test('to find the line changes nothing of how the program formats its stacks', () => {
  const settings = () =>
    ['prepareStackTrace', 'stackTraceLimit'].map((name) => Object.getOwnPropertyDescriptor(Error, name));
  const before = settings();
  const builder = new StreamsBuilder();
  builder.stream(topic('other', { key: string(), value: string() })).filter(() => true);
  expect(settings()).toEqual(before);
});
