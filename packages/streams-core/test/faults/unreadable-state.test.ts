import {
  json,
  logAndContinue,
  StreamsApp,
  StreamsBuilder,
  string,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { caughtUp, eventually, withLog, write } from '../runtime/support.ts';

const sales = topic('sales', { key: string(), value: json<number>() });
const Total = z.object({ units: z.number() });

/** Totals by key; the two differ in what they keep, under one store name. */
const asNumber = (): Topology => {
  const builder = new StreamsBuilder();
  builder
    .stream(sales)
    .groupByKey()
    .aggregate({ initial: () => 0, add: (sum, n) => sum + n, as: 'totals', value: json(z.number()) });
  return builder.build();
};
const asObject = (): Topology => {
  const builder = new StreamsBuilder();
  builder
    .stream(sales)
    .groupByKey()
    .aggregate({
      initial: () => ({ units: 0 }),
      add: ({ units }, n) => ({ units: units + n }),
      as: 'totals',
      value: json(Total),
    });
  return builder.build();
};

test('a stored value that cannot be read names store, key and serde, and no handler throws input away for it', async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics([{ name: 'sales', partitions: 1 }]);
    await write(log, sales, [['mug', 2]]);
    const before = new StreamsApp(asNumber(), { applicationId: 'shop', log, stateDir: dir });
    await before.start();
    await caughtUp(log, 'shop', 'sales');
    await before.close();

    await write(log, sales, [['mug', 3]]);
    const reports: string[] = [];
    const app = new StreamsApp(asObject(), {
      applicationId: 'shop',
      log,
      stateDir: dir,
      processingExceptionHandler: logAndContinue((message) => reports.push(message)),
    });
    await app.start();
    await eventually('it fails', () => app.state === 'error');
    expect(app.failure).toMatchObject({
      name: 'StoreError',
      code: 'STORE_UNREADABLE',
      message: expect.stringMatching(
        /^The value serde \(json\) cannot read the value of key "mug" in store "totals": .*expected object.*stored is "2"/s,
      ),
    });
    expect(reports).toEqual([]);
    expect(await log.admin.committed('shop', [{ topic: 'sales', partition: 0 }])).toMatchObject([
      { offset: 1 },
    ]);
    await expect(app.close()).rejects.toThrow('cannot read');
  });
});
