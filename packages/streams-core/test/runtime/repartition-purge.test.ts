import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { warningsOnly } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { RepartitionPurge } from '../../src/runtime/commit/repartition-purge.ts';
import { eventually } from './support.ts';

test('what is committed as processed is deleted from repartition topics, and not one record more', async () => {
  const log = await EmbeddedLog.inMemory();
  await log.admin.createTopics(['own', 'input'].map((name) => ({ name, partitions: 1 })));
  const producer = await log.producer();
  const records = Array.from({ length: 10 }, () => ({
    key: 'k',
    value: 'v',
    timestamp: 0,
    headers: noHeaders,
  }));
  for (const topic of ['own', 'input']) await producer.send([{ topic, partition: 0, records }]);
  const purge = new RepartitionPurge({ log, topics: new Set(['own']), intervalMs: 0, logger: warningsOnly });
  const start = async (topic: string): Promise<number> =>
    (await log.admin.offsets([{ topic, partition: 0 }]))[0]!.start;
  for (const offset of [4, 7, 10]) {
    purge.committed(['own', 'input'].map((topic) => ({ topic, partition: 0, offset, metadata: '' })));
    purge.run();
    await eventually('it is deleted', async () => (await start('own')) > 0 && (await start('own')) >= offset);
    expect(await start('own')).toBe(offset);
  }
  expect(await start('input')).toBe(0);
  await log.close();
});
