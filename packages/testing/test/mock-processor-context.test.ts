import { keyValueStore, long, type ProcessorSupplier, string, windowStore } from '@millrace/streams-core';
import { MockProcessorContext } from '@millrace/testing';
import { expect, test } from 'vitest';

const sums = keyValueStore({ name: 'sums', key: string(), value: long() });

const summing: ProcessorSupplier<string, number, string, number> = (context) => {
  const store = context.store(sums);
  const schedule = context.schedule(1000, 'wall-clock-time', (time) => {
    void context.forward({ key: 'time', value: time, timestamp: time, headers: [] }, 'clock');
    schedule.cancel();
  });
  return (record) => {
    const sum = (store.get(record.key) ?? 0) + record.value;
    store.put(record.key, sum);
    if (sum > 2) context.commit();
    return context.forward({ ...record, value: sum });
  };
};

test('a MockProcessorContext keeps what a processor forwards, schedules and commits', async () => {
  const context = new MockProcessorContext<string, number>({ stores: [sums] });
  const made = summing(context);
  const process = typeof made === 'function' ? made : made.process.bind(made);
  await process({ key: 'a', value: 1, timestamp: 5, headers: [] });
  expect(context.committed).toBe(false);
  await process({ key: 'a', value: 2, timestamp: 6, headers: [] });
  expect(context.committed).toBe(true);
  context.resetCommit();
  expect(context.committed).toBe(false);
  expect(context.forwarded().map(({ record }) => record.value)).toEqual([1, 3]);
  expect(context.getStateStore<string, number>('sums').get('a')).toBe(3);

  const [punctuator] = context.scheduledPunctuators;
  expect(punctuator).toMatchObject({ intervalMs: 1000, type: 'wall-clock-time', cancelled: false });
  context.resetForwards();
  await punctuator!.punctuate(1000);
  expect(context.forwarded()).toEqual([
    { record: { key: 'time', value: 1000, timestamp: 1000, headers: [] }, childName: 'clock' },
  ]);
  expect(context.forwarded('other')).toEqual([]);
  expect(context.scheduledPunctuators[0]!.cancelled).toBe(true);
});

test('times, metadata and stores are what the test says', () => {
  const context = new MockProcessorContext<string, number>({ applicationId: 'app', taskId: '1_2' });
  expect([context.applicationId, context.taskId]).toEqual(['app', '1_2']);
  context.recordMetadata = { topic: 't', partition: 1, offset: 7 };
  context.currentStreamTimeMs = 10;
  context.currentSystemTimeMs = 20;
  expect(context.recordMetadata.offset).toBe(7);
  expect(() => context.getStateStore('none')).toThrow(/has no store "none"/);
  const windows = windowStore({
    name: 'w',
    key: string(),
    value: long(),
    retentionMs: 100,
    windowSizeMs: 10,
  });
  context.addStateStore(windows);
  const store = context.store(windows);
  store.put('a', 1, 0);
  expect(store.fetchRange('a', 0, 10)).toEqual([{ start: 0, value: 1, timestamp: 10 }]);
});
