import { type JoinWindows, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { output, show, withNulls } from '../support.ts';

export const left = topic('left', { key: string(), value: string() });
export const right = topic('right', { key: string(), value: string() });

export type Kind = 'join' | 'leftJoin' | 'outerJoin';
export type Event = readonly [
  side: 'left' | 'right',
  key: string | null,
  value: string | null,
  timestamp: number,
];

/** A join of two streams in a test driver. */
export function open(kind: Kind, windows: JoinWindows) {
  const builder = new StreamsBuilder();
  const both = (a: string | null, b: string | null): string => `${a}+${b}`;
  const [one, other] = [builder.stream(withNulls(left)), builder.stream(withNulls(right))];
  const joined =
    kind === 'join'
      ? one.join(other, both, windows)
      : kind === 'leftJoin'
        ? one.leftJoin(other, both, windows)
        : one.outerJoin(other, both, windows);
  joined.to(output);
  const driver = new TopologyTestDriver(builder.build());
  const inputs = { left: driver.createInputTopic(left), right: driver.createInputTopic(right) };
  const results = driver.createOutputTopic(output);
  return {
    driver,
    pipe: ([side, key, value, timestamp]: Event): string[] => {
      inputs[side].pipeInput(key, value, { timestamp });
      return results.readRecordsToList().map(show);
    },
    restart: () => driver.restart(),
  };
}
