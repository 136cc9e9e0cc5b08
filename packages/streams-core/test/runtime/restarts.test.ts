import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Restarts } from '../../src/runtime/worker/restarts.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a worker that dies again and again is started later each time, half a minute at most', () => {
  const restarts = new Restarts();
  let starts = 0;
  const delays = Array.from({ length: 11 }, (_, death) => {
    const ms = restarts.schedule(0, () => starts++);
    vi.advanceTimersByTime(ms - 1);
    expect(starts).toBe(death);
    vi.advanceTimersByTime(1);
    expect(starts).toBe(death + 1);
    return ms;
  });
  expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test('one that has lived for a minute is started soon, and others have delays of their own', () => {
  const restarts = new Restarts();
  const die = (worker: number): number => restarts.schedule(worker, () => {});
  expect([die(0), die(0), die(1), die(0)]).toEqual([100, 200, 100, 400]);
  vi.advanceTimersByTime(60_000);
  expect([die(0), die(1)]).toEqual([800, 200]);
  vi.advanceTimersByTime(60_001);
  expect([die(0), die(1)]).toEqual([100, 100]);
});

test('none is started once that is cancelled', () => {
  const restarts = new Restarts();
  let starts = 0;
  restarts.schedule(0, () => starts++);
  restarts.schedule(1, () => starts++);
  restarts.cancel();
  vi.advanceTimersByTime(60_000);
  expect(starts).toBe(0);
});
