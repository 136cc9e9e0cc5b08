import { minutes } from 'millrace';
import { expect, test } from 'vitest';
import { deviceSessionsTopology, readings, runs, tooLate } from '../src/device-sessions/device-sessions.ts';
import { running } from './running.ts';

test('readings in any order make the same runs, as long as none is too late', () => {
  const order = [0, 4, 2, 20, 23, 21];
  for (const minutesOf of [order, [4, 0, 2, 21, 20, 23]]) {
    const { pipe, read } = running(deviceSessionsTopology());
    for (const minute of minutesOf) pipe(readings, 'pump', { celsius: minute }, minutes(minute));
    pipe(readings, 'fan', { celsius: 0 }, minutes(60));
    expect(read(runs)).toEqual([
      [
        { key: 'pump', window: { start: 0, end: minutes(4) } },
        { readings: 3, highest: 4 },
      ],
      [
        { key: 'pump', window: { start: minutes(20), end: minutes(23) } },
        { readings: 3, highest: 23 },
      ],
    ]);
  }
});

test('a reading of a run that is over is written to a topic of its own', () => {
  const { pipe, read } = running(deviceSessionsTopology());
  pipe(readings, 'pump', { celsius: 1 }, 0);
  pipe(readings, 'fan', { celsius: 1 }, minutes(30));
  pipe(readings, 'pump', { celsius: 2 }, minutes(1));
  expect(read(tooLate)).toEqual([['pump', { celsius: 2 }]]);
  expect(read(runs)).toHaveLength(1);
});
