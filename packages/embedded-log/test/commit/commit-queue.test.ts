import { describe, expect, test, vi } from 'vitest';
import { CommitQueue } from '../../src/storage/commit/commit-queue.ts';

const change = { event: {}, records: [], bytes: 0 };
const mebibyte = 1 << 20;

function queueOf(...sizes: readonly (number | 'alone')[]) {
  const queue = new CommitQueue();
  const queued = vi.fn<() => void>();
  const promises = sizes.map((size) =>
    queue.submit(
      { plan: () => change, options: { alone: size === 'alone', bytes: size === 'alone' ? 0 : size } },
      queued,
    ),
  );
  return { queue, queued, promises };
}

describe('changes that wait for the writer', () => {
  test('are taken in order, and resolve to their base offsets', async () => {
    const { queue, queued, promises } = queueOf(1, 1);
    expect(queued).toHaveBeenCalledTimes(2);
    expect(queue.isEmpty).toBe(false);
    queue.take({ first: true })!.resolve([1]);
    queue.take({ first: false })!.reject(new Error('no'));
    expect(queue.isEmpty).toBe(true);
    expect(await promises[0]).toEqual([1]);
    await expect(promises[1]).rejects.toThrow('no');
    expect(queue.take({ first: true })).toBeUndefined();
  });

  test('that must be alone are the first of a group or wait for the next', () => {
    const { queue } = queueOf(1, 'alone', 1);
    expect(queue.take({ first: true })).toBeDefined();
    expect(queue.take({ first: false })).toBeUndefined();
    expect(queue.take({ first: true })!.options.alone).toBe(true);
    expect(queue.take({ first: false })).toBeDefined();
  });

  test('beyond 64 MiB are let in once there is room, in their order', () => {
    const { queue, queued } = queueOf(64 * mebibyte - 1, 1, 5, 0);
    expect(queued).toHaveBeenCalledTimes(2);
    queue.letIn();
    expect(queued).toHaveBeenCalledTimes(2);
    queue.take({ first: true });
    queue.letIn();
    expect(queued).toHaveBeenCalledTimes(4);
    const left = [1, 2, 3].map(() => queue.take({ first: true })!.options.bytes);
    expect(left).toEqual([1, 5, 0]);
    expect(queue.isEmpty).toBe(true);
  });

  test('do not overtake those that wait for room', () => {
    const { queue, queued } = queueOf(64 * mebibyte, 64 * mebibyte, 64 * mebibyte, 1);
    expect(queued).toHaveBeenCalledTimes(1);
    queue.take({ first: true });
    // There is room now, but two came earlier.
    void queue.submit({ plan: () => change, options: { alone: false, bytes: 7 } }, queued);
    expect(queued).toHaveBeenCalledTimes(1);
    queue.letIn();
    expect(queued).toHaveBeenCalledTimes(2);
    queue.take({ first: true });
    queue.letIn();
    queue.take({ first: true });
    queue.letIn();
    expect([1, 2].map(() => queue.take({ first: true })!.options.bytes)).toEqual([1, 7]);
  });
});
