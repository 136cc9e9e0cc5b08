import { EmbeddedLog } from '@millrace/embedded-log';
import { StreamsApp } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { clicks, countClicks, counts, last, topics } from './click-counts.ts';
import { caughtUp, readTopic, withFolder, write } from './support.ts';

const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`);

test('a store restored from a compacted changelog has what the whole changelog would have given', async () => {
  await withFolder(async (dir) => {
    const log = await EmbeddedLog.open({
      dir: `${dir}/log`,
      durability: 'os',
      segmentBytes: 2000,
      checkpointBytes: 4000,
      housekeepingMs: Number.POSITIVE_INFINITY,
    });
    await log.admin.createTopics(topics(2));
    const runOnce = async (stateDir: string): Promise<void> => {
      const app = new StreamsApp(countClicks(), { applicationId: 'app', log, stateDir });
      await app.start();
      await caughtUp(log, 'app', 'clicks');
      await app.close();
    };
    const rounds = 15;
    for (let round = 0; round < rounds; round++) {
      await write(
        log,
        clicks,
        keys.map((key) => [key, 'x'] as const),
      );
      if (round % 5 === 0) await runOnce(`${dir}/first`);
    }
    await runOnce(`${dir}/first`);
    await log.clean();
    const { passes, bytesBefore, bytesAfter } = log.compactionStats;
    expect(passes).toBeGreaterThan(0);
    expect(bytesAfter).toBeLessThan(bytesBefore);
    await write(
      log,
      clicks,
      keys.map((key) => [key, 'x'] as const),
    );
    await runOnce(`${dir}/second`);
    const expected = Object.fromEntries(keys.map((key) => [key, rounds + 1]));
    expect(last(await readTopic(log, counts))).toEqual(expected);
    await log.close();
  });
});
