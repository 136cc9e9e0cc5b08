import type { Logger } from '@millrace/streams-core';
import { expect, test, vi } from 'vitest';
import { TopicWatch } from '../../src/runtime/topics/topic-watch.ts';

const quiet = (): void => {};

/** A watch every millisecond, over what the test says; `at(n)` is what the n-th look finds. */
function watching(at: (look: number) => string) {
  const warnings: string[] = [];
  const logger: Logger = {
    debug: quiet,
    info: quiet,
    warn: (_, message) => void warnings.push(message),
    error: quiet,
  };
  const onChange = vi.fn<() => void>();
  let looks = 0;
  const watch = new TopicWatch({
    look: async () => at(++looks),
    intervalMs: 1,
    onChange,
    logger,
  });
  watch.start('as it was');
  return { watch, warnings, onChange, looks: () => looks };
}

/** Some milliseconds in which a watch that is not over would have looked again. */
const rounds = async (): Promise<void> => {
  const { watch, looks } = watching(() => 'as it was');
  await vi.waitFor(() => expect(looks()).toBeGreaterThan(5));
  watch.stop();
};

test('topics are looked at in intervals, until they have changed', async () => {
  const { onChange, looks } = watching((look) => (look < 3 ? 'as it was' : 'another'));
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled());
  expect(looks()).toBe(3);
  await rounds();
  expect([looks(), onChange.mock.calls.length]).toEqual([3, 1]);
});

test('looks at topics that fail are made again, with one warning for failures in a row', async () => {
  const { warnings, onChange } = watching((look) => {
    if (look === 3) return 'as it was';
    if (look < 5) throw new Error(`look ${look}`);
    return 'another';
  });
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1));
  expect(warnings).toEqual([
    'Input topics could not be looked at, and are looked at again later: look 1',
    'Input topics could not be looked at, and are looked at again later: look 4',
  ]);
});

test('a watch that is stopped looks no more', async () => {
  const { watch, onChange, looks } = watching(() => 'another');
  watch.stop();
  await rounds();
  expect([looks(), onChange.mock.calls.length]).toEqual([0, 0]);
});
