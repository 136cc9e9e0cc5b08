import { JoinWindows, StreamsBuilder } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, left, pipe, someEvents } from '../oracle-support.ts';
import { withNulls } from '../support.ts';
import { output, show } from '../support.ts';

function build(selfJoin: boolean, windows: JoinWindows) {
  const builder = new StreamsBuilder({ optimize: { selfJoin } });
  const stream = builder.stream(withNulls(left));
  stream.join(stream, (a, b) => `${a}+${b}`, windows, { storeName: 'seen', name: 'self' }).to(output);
  return builder.build();
}

const someWindows = fc.record({
  before: fc.integer({ min: 0, max: 15 }),
  after: fc.integer({ min: 0, max: 15 }),
  grace: fc.integer({ min: 0, max: 20 }),
});

test('one store gives what two give, record by record', () => {
  fc.assert(
    fc.property(
      someEvents({ tombstones: true, sides: ['left'] }),
      someWindows,
      (events: Event[], windows) => {
        const within = JoinWindows.of(0).before(windows.before).after(windows.after).grace(windows.grace);
        const [plain, optimized] = [false, true].map((selfJoin) => {
          const driver = new TopologyTestDriver(build(selfJoin, within));
          pipe(driver, events);
          return driver.createOutputTopic(output).readRecordsToList().map(show);
        });
        expect(optimized).toEqual(plain);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a self-join finds records that a store of its own would just have expired', () => {
  const within = JoinWindows.of(0).before(2).after(0).grace(0);
  const [plain, optimized] = [false, true].map((selfJoin) => {
    const driver = new TopologyTestDriver(build(selfJoin, within));
    pipe(driver, [
      { side: 'left', key: 'l', value: 'a', timestamp: 43 },
      { side: 'left', key: 'l', value: 'b', timestamp: 45 },
    ] as Event[]);
    return driver.createOutputTopic(output).readRecordsToList().map(show);
  });
  expect(optimized).toEqual(plain);
  expect(optimized).toHaveLength(3);
});

test('a self-join has one store; a plain join of a stream with itself has two', () => {
  const stores = (selfJoin: boolean) => [...build(selfJoin, JoinWindows.of(5)).stores.keys()];
  expect(stores(true)).toEqual(['seen-this-join-store']);
  expect(stores(false)).toEqual(['seen-this-join-store', 'seen-other-join-store']);
});
