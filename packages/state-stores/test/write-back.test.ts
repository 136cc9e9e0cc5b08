import { over } from '../src/conformance/support.ts';
import { long, string } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { keyValueStore } from '../src/index.ts';
import { KeyValueView } from '../src/kinds/key-value/view.ts';
import { MemoryStore } from '../src/runtime.ts';

const checkpoint = (offset: number) => ({ topicId: 't', offset, streamTime: -1 });
const longAfter = 1_000_000_000;

test('what is not committed never reaches the bytes store, however long it has waited', () => {
  const backing = new MemoryStore();
  const view = new KeyValueView(keyValueStore({ name: 's', key: string(), value: long() }), over(backing, 0));
  const stored = (): boolean => backing.get(string().serialize('a')) !== undefined;
  view.put('a', 1, 0);
  view.takeChanges();
  view.wantsFlush(1);
  // A record that comes while the commit is under way.
  view.put('a', 2, 0);
  view.committed(checkpoint(1), longAfter);
  expect(stored()).toBe(false);
  expect(backing.checkpoint).toBeUndefined();
  view.takeChanges();
  view.committed(checkpoint(2), longAfter + 1);
  expect(stored()).toBe(true);
  expect(backing.checkpoint).toEqual(checkpoint(2));
});
