import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CheckpointSchedule } from '../../src/storage/commit/checkpoint-schedule.ts';

type At = Parameters<CheckpointSchedule['isDue']>[0];
const at = (position: number): At => ({ position }) as At;

function schedule(syncsCommits = true) {
  const onReclaim = vi.fn<() => void>();
  return { onReclaim, schedule: new CheckpointSchedule({ checkpointBytes: 100, syncsCommits, onReclaim }) };
}

describe('a checkpoint is due', () => {
  test('by the size of the journal, and commits wait for it from four times that', () => {
    const { schedule: one } = schedule();
    expect([99, 100].map((size) => one.isDue(at(size)))).toEqual([false, true]);
    expect([399, 400].map((size) => one.isFarBehind(at(size)))).toEqual([false, true]);
  });

  test('after as much again where one could not be written, and by its size again once one began', () => {
    const { schedule: one } = schedule();
    one.postpone(at(150));
    expect([249, 250].map((size) => one.isDue(at(size)))).toEqual([false, true]);
    one.begin();
    expect([99, 100].map((size) => one.isDue(at(size)))).toEqual([false, true]);
  });

  test('after 256 MiB straight to segments, where commits are not synced', () => {
    for (const [syncsCommits, due] of [
      [true, false],
      [false, true],
    ] as const) {
      const { schedule: one } = schedule(syncsCommits);
      one.unsyncedDirectBytes = (256 << 20) - 1;
      expect(one.isDue(at(0))).toBe(false);
      one.unsyncedDirectBytes = 256 << 20;
      expect(one.isDue(at(0))).toBe(due);
      one.begin();
      expect(one.unsyncedDirectBytes).toBe(0);
    }
  });
});

describe('what was deleted', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is freed half a second later, by two checkpoints', () => {
    const { schedule: one, onReclaim } = schedule();
    one.reclaimSoon();
    vi.advanceTimersByTime(499);
    expect([one.isDue(at(0)), onReclaim.mock.calls.length]).toEqual([false, 0]);
    vi.advanceTimersByTime(1);
    expect([one.isDue(at(0)), onReclaim.mock.calls.length]).toEqual([true, 1]);
    const first = one.begin();
    expect(one.isDue(at(0))).toBe(false);
    first();
    expect([one.isDue(at(0)), onReclaim.mock.calls.length]).toEqual([true, 2]);
    one.begin()();
    expect([one.isDue(at(0)), onReclaim.mock.calls.length]).toEqual([false, 2]);
    expect(one.reclaims).toBe(0);
  });

  test('while a checkpoint is being written still takes two more', () => {
    const { schedule: one, onReclaim } = schedule();
    const ended = one.begin();
    one.reclaimSoon();
    ended();
    expect(one.reclaims).toBe(2);
    expect(onReclaim).toHaveBeenCalledTimes(1);
    one.begin()();
    one.begin()();
    expect(one.reclaims).toBe(0);
  });

  test('several times in half a second is freed at once, and a later one again', () => {
    const { schedule: one, onReclaim } = schedule();
    one.reclaimSoon();
    vi.advanceTimersByTime(300);
    one.reclaimSoon();
    vi.advanceTimersByTime(200);
    expect(onReclaim).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10_000);
    expect(onReclaim).toHaveBeenCalledTimes(1);
    one.reclaimSoon();
    vi.advanceTimersByTime(500);
    expect(onReclaim).toHaveBeenCalledTimes(2);
  });

  test('waits for the next opening where the log is closed', () => {
    const { schedule: one, onReclaim } = schedule();
    one.reclaimSoon();
    one.close();
    vi.advanceTimersByTime(1000);
    expect(onReclaim).not.toHaveBeenCalled();
  });

  test('keeps no process from ending', () => {
    const { schedule: one } = schedule();
    vi.useRealTimers();
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    one.reclaimSoon();
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length).toBe(before);
    one.close();
  });
});
