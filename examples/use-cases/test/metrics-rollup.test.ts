import { hours, minutes } from 'millrace';
import { expect, test } from 'vitest';
import {
  metricsRollupTopology,
  perHour,
  perMinute,
  perSecond,
  samples,
} from '../src/metrics-rollup/metrics-rollup.ts';
import { running } from './running.ts';

test('every sample is in one second, one minute and one hour', () => {
  const { pipe, read } = running(metricsRollupTopology());
  const all: number[] = [];
  for (let n = 0; n < 500; n++) {
    all.push(n % 13);
    pipe(samples, 'cpu', n % 13, n * 700);
  }
  for (const hour of [2, 3, 4, 5]) pipe(samples, 'cpu', 1000, hours(hour));
  for (const topic of [perSecond, perMinute, perHour]) {
    const early = read(topic).flatMap(([key, value]) =>
      key !== null && value !== null && key.window.start < hours(1) ? [value] : [],
    );
    expect(early.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
    expect(early.reduce((sum, one) => sum + one.sum, 0)).toBe(all.reduce((sum, one) => sum + one, 0));
    expect(Math.max(...early.map(({ max }) => max))).toBe(12);
    expect(Math.min(...early.map(({ min }) => min))).toBe(0);
  }
});

test('a sample that is five seconds late still counts, one that is later does not', () => {
  const { pipe, read } = running(metricsRollupTopology());
  pipe(samples, 'cpu', 1, 500);
  pipe(samples, 'cpu', 1, 5900);
  pipe(samples, 'cpu', 1, 900);
  pipe(samples, 'cpu', 1, 6000);
  pipe(samples, 'cpu', 1, 900);
  pipe(samples, 'cpu', 1, minutes(2));
  expect(read(perSecond).map(([key, value]) => [key!.window.start, value!.count])).toEqual([
    [0, 2],
    [5000, 1],
    [6000, 1],
  ]);
});
