import { asBuffer, toBytes } from '@millrace/log-client';
import { eventsOf, type Step, TopologyTestDriver } from '@millrace/testing';
import type { Input } from './inputs.ts';
import { type AnyTopic, messageOf, type Program } from './load.ts';

/** A record that came out. */
export interface Result {
  readonly step: number;
  readonly topic: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

export interface Played {
  readonly steps: readonly Step[];
  /** Records in the program's own topics, in the order in which they were written. */
  readonly results: readonly Result[];
  /** Why it ended before the last record. */
  readonly failure: string | undefined;
}

/** Pipes records through a program's topology, one after the other. */
export async function play({ topology, topics }: Program, inputs: readonly Input[]): Promise<Played> {
  const driver = new TopologyTestDriver(topology, { steps: true });
  let failure: string | undefined;
  try {
    for (const input of inputs) {
      if ('advanceMs' in input) driver.advanceWallClockTime(input.advanceMs);
      else pipe(driver, topicNamed(topics, input.topic), input);
      await driver.settled();
    }
  } catch (error) {
    failure = messageOf(error);
  }
  const { steps } = driver;
  await driver.close().catch(() => {});
  return { steps, results: steps.flatMap((step) => resultsOf(step, topics)), failure };
}

function topicNamed(topics: Program['topics'], name: string): AnyTopic {
  const topic = topics.get(name);
  if (topic !== undefined) return topic;
  throw new Error(
    `The program exports no topic "${name}"; it exports ${[...topics.keys()].join(', ') || 'none'}`,
  );
}

function pipe(
  driver: TopologyTestDriver,
  topic: AnyTopic,
  { key, value, timestamp }: Extract<Input, { readonly topic: string }>,
): void {
  driver.createInputTopic(topic).pipeInput(key, value, { timestamp });
}

function resultsOf(step: Step, topics: Program['topics']): Result[] {
  return eventsOf(step, 'result').flatMap(({ topic: name, record }) => {
    const topic = topics.get(name);
    if (topic === undefined) return [];
    const { key, value, timestamp } = record;
    const read = (bytes: typeof key, serde: AnyTopic['key']): unknown =>
      bytes === null ? null : serde.deserialize(asBuffer(toBytes(bytes)));
    return [
      {
        step: step.index,
        topic: name,
        key: read(key, topic.key),
        value: read(value, topic.value),
        timestamp,
      },
    ];
  });
}
