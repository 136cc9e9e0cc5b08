import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import {
  deadLetterTo,
  json,
  number,
  StreamsApp,
  type StreamsConfig,
  StreamsBuilder,
  string,
  topic,
  type Topology,
} from '@millrace/streams-core';
import { compareFork, forkApp, promoteFork } from '@millrace/streams-core/runtime';
import { expect, test, vi } from 'vitest';
import { caughtUp, eventually, readTopic, withLog } from '../support.ts';

const sales = topic('sales', { key: string(), value: json<{ product: string; quantity: number }>() });
const totals = topic('totals', { key: string(), value: number() });
const products = ['apple', 'pear', 'plum', 'fig', 'lime'];

/** Counts sales by product, through a repartition topic; `step` is what a sale counts. */
function counting(step = 1): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(sales)
    .groupBy(({ product }) => product, { key: string(), name: 'by-product' })
    .aggregate({ initial: () => 0, add: (count) => count + step, as: 'counts', value: number() })
    .toStream()
    .to(totals);
  return builder.build();
}

/** Writes sales until it is stopped; says how many. */
function load(log: EmbeddedLog): { readonly stop: () => Promise<number> } {
  let stopped = false;
  let written = 0;
  const run = async (): Promise<number> => {
    const producer = await log.producer();
    while (!stopped) {
      for (let batch = 0; batch < 5; batch++) await producer.send([sale(written++)]);
      // Others have their turn: the apps commit, and the cut finds a moment between two commits.
      await sleep(5);
    }
    return written;
  };
  const running = run();
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

function sale(index: number) {
  const value = sales.value.serialize({ product: products[index % products.length]!, quantity: 1 });
  const record = {
    key: sales.key.serialize(`till-${index % 7}`),
    value,
    timestamp: index,
    headers: noHeaders,
  };
  return { topic: sales.name, partition: index % 2, records: [record] };
}

async function start(topology: Topology, config: StreamsConfig): Promise<StreamsApp> {
  const app = new StreamsApp(topology, config);
  await app.start();
  return app;
}

/** How many sales of each product an application has counted, one after the other. */
async function countedBy(log: EmbeddedLog): Promise<Map<string, number[]>> {
  const counted = new Map<string, number[]>();
  for (const { key, value } of await readTopic(log, totals)) {
    const list = counted.get(key) ?? [];
    counted.set(key, list);
    list.push(value!);
  }
  return counted;
}

/** How many records a topic has been given. */
async function size(log: EmbeddedLog, name: string): Promise<number> {
  const partitions = [0, 1].map((partition) => ({ topic: name, partition }));
  return (await log.admin.offsets(partitions)).reduce((sum, { end }) => sum + end, 0);
}

async function createTopics(log: EmbeddedLog): Promise<void> {
  await log.admin.createTopics([
    { name: sales.name, partitions: 2 },
    { name: totals.name, partitions: 2 },
  ]);
}

/** The shop commits while its changelogs are read, and twice while its ends and its offsets are. */
function commitsMeanwhile(log: EmbeddedLog): () => void {
  const moved = async (): Promise<void> => {
    const before = await size(log, 'shop-counts-changelog');
    await eventually('it commits', async () => (await size(log, 'shop-counts-changelog')) > before);
  };
  const { admin } = log;
  const reader = log.reader.bind(log);
  const offsets = admin.offsets.bind(admin);
  let looks = 0;
  const spies = [
    vi.spyOn(log, 'reader').mockImplementation(async (positions) => {
      await moved();
      return reader(positions);
    }),
    vi.spyOn(admin, 'offsets').mockImplementation(async (partitions, options) => {
      const found = await offsets(partitions, options);
      const isCut = partitions.some(({ topic }) => topic === totals.name) && partitions.length > 2;
      if (isCut && ++looks <= 2) await moved();
      return found;
    }),
  ];
  return () => {
    expect(looks).toBeGreaterThan(2);
    for (const spy of spies) spy.mockRestore();
  };
}

test('a fork takes over under load without a double or a gap', { timeout: 60_000 }, async () => {
  await withLog(async (log, dir) => {
    await createTopics(log);
    const old = await Promise.all([
      start(counting(), { applicationId: 'shop', log, stateDir: `${dir}/1` }),
      start(counting(), { applicationId: 'shop', log, stateDir: `${dir}/2` }),
    ]);
    const writing = load(log);
    await eventually('it counts', async () => (await size(log, totals.name)) > 200);
    const restore = commitsMeanwhile(log);
    const forked = await forkApp({ log, from: 'shop', to: 'shop-2' });
    restore();
    expect(forked.topics).toBe(2);
    expect(forked.records).toBeGreaterThan(100);

    const shadow = await start(counting(), { applicationId: 'shop-2', log, stateDir: dir });
    const shadows = topic('shop-2-shadow-totals', { key: string(), value: number() });
    await eventually('the shadow counts', async () => {
      const made = await log.admin.topics([shadows.name]);
      return made.size > 0 && (await size(log, shadows.name)) > 200;
    });
    await expect(promoteFork(log, 'shop-2')).rejects.toMatchObject({
      code: 'FORK_STATE',
      message: expect.stringContaining('"shop" still runs'),
    });
    await Promise.all(old.map((app) => app.drain()));
    // What comes from now on is for the other one.
    await eventually(
      'the shadow has caught up',
      async () => (await compareFork(log, 'shop-2')).behind.length === 0,
    );
    await expect(promoteFork(log, 'shop-2')).rejects.toThrow('"shop-2" still runs');
    await shadow.close();
    const compared = await compareFork(log, 'shop-2');
    expect(compared).toEqual({
      topics: [
        { topic: 'totals', same: products.length, different: 0, records: expect.anything(), differences: [] },
      ],
      behind: [],
    });
    const [{ records }] = compared.topics as [(typeof compared.topics)[number]];
    expect(records.running).toBe(records.shadow);
    expect(records.running).toBeGreaterThan(200);

    await promoteFork(log, 'shop-2');
    const next = await start(counting(), { applicationId: 'shop-2', log, stateDir: dir });
    const written = await writing.stop();
    await caughtUp(log, 'shop-2', sales.name);
    await caughtUp(log, 'shop-2', 'shop-2-by-product-repartition');
    await next.close();
    const counted = await countedBy(log);
    for (const [place, product] of products.entries()) {
      const sold = Math.ceil((written - place) / products.length);
      expect(counted.get(product)).toEqual(Array.from({ length: sold }, (_, index) => index + 1));
    }
    // The shadow's own topic got nothing more.
    expect(await readTopic(log, shadows)).toHaveLength(records.shadow);
    await expect(start(counting(), { applicationId: 'shop', log, stateDir: dir })).rejects.toMatchObject({
      code: 'FORK_STATE',
      message: expect.stringContaining('replaced by "shop-2"'),
    });
  });
});

/** A shop that has counted some sales and is closed. */
async function closedShop(log: EmbeddedLog, dir: string): Promise<void> {
  await createTopics(log);
  const producer = await log.producer();
  await producer.send(Array.from({ length: 20 }, (_, index) => sale(index)));
  const app = await start(counting(), { applicationId: 'shop', log, stateDir: `${dir}/1` });
  await caughtUp(log, 'shop', sales.name);
  await app.drain();
  expect(await size(log, totals.name)).toBe(20);
}

test('a changed topology is compared with the running one, key by key', { timeout: 30_000 }, async () => {
  await withLog(async (log, dir) => {
    await closedShop(log, dir);
    await forkApp({ log, from: 'shop', to: 'shop-2' });
    const old = await start(counting(), { applicationId: 'shop', log, stateDir: `${dir}/1` });
    const shadow = await start(counting(2), { applicationId: 'shop-2', log, stateDir: dir });
    const producer = await log.producer();
    // An apple and a pear; nothing of the others.
    await producer.send([sale(20), sale(21)]);
    await caughtUp(log, 'shop', 'shop-by-product-repartition');
    await eventually('both have counted', async () => {
      const { behind, topics } = await compareFork(log, 'shop-2');
      return behind.length === 0 && topics[0]?.records.running === 2;
    });
    const { topics } = await compareFork(log, 'shop-2', { examples: 1 });
    const bytes = (count: number): Uint8Array => totals.value.serialize(count);
    expect(topics).toEqual([
      {
        topic: 'totals',
        same: 0,
        different: 2,
        records: { running: 2, shadow: 2 },
        differences: [{ key: expect.anything(), running: bytes(5), shadow: bytes(6) }],
      },
    ]);
    await Promise.all([old.close(), shadow.close()]);
  });
});

test('what the running application has still to process in its own topics is copied', {
  timeout: 30_000,
}, async () => {
  await withLog(async (log, dir) => {
    await closedShop(log, dir);
    const rows = await size(log, 'shop-counts-changelog');
    const old = await start(counting(), { applicationId: 'shop', log, stateDir: `${dir}/1` });
    old.pause({ subTopology: 1 });
    const producer = await log.producer();
    await producer.send(Array.from({ length: 7 }, (_, index) => sale(20 + index)));
    await caughtUp(log, 'shop', sales.name);
    expect(await forkApp({ log, from: 'shop', to: 'shop-2' })).toEqual({ topics: 2, records: rows + 7 });
    const shadow = await start(counting(), { applicationId: 'shop-2', log, stateDir: dir });
    await caughtUp(log, 'shop-2', 'shop-2-by-product-repartition');
    old.resume({ subTopology: 1 });
    await old.drain();
    await shadow.close();
    expect((await compareFork(log, 'shop-2')).topics).toEqual([
      { topic: 'totals', same: 5, different: 0, records: { running: 7, shadow: 7 }, differences: [] },
    ]);
  });
});

test('promotion waits for what either has still to process', { timeout: 30_000 }, async () => {
  await withLog(async (log, dir) => {
    await closedShop(log, dir);
    await forkApp({ log, from: 'shop', to: 'shop-2' });
    await expect(promoteFork(log, 'shop-2')).rejects.toThrow('"shop-2" has never run: start it');
    const shadow = await start(counting(), { applicationId: 'shop-2', log, stateDir: dir });
    await eventually('it runs', () => shadow.state === 'running');
    await shadow.close();
    // As an app that was closed, not drained, leaves them.
    const left = { key: 'apple', value: sale(0).records[0]!.value, timestamp: 1, headers: noHeaders };
    const producer = await log.producer();
    await producer.send([{ topic: 'shop-by-product-repartition', partition: 1, records: [left] }]);
    await expect(promoteFork(log, 'shop-2')).rejects.toThrow(
      '"shop" has 1 records of shop-by-product-repartition-1 still to process: start "shop" again and close it with app.drain()',
    );
    await producer.send([sale(20)]);
    const again = await start(counting(), { applicationId: 'shop', log, stateDir: `${dir}/1` });
    await caughtUp(log, 'shop', sales.name);
    await again.drain();
    await expect(promoteFork(log, 'shop-2')).rejects.toThrow(
      '"shop-2" has 1 records of sales-0 still to process: start "shop-2" again',
    );
    const further = await start(counting(), { applicationId: 'shop-2', log, stateDir: dir });
    await eventually('it has caught up', async () => (await compareFork(log, 'shop-2')).behind.length === 0);
    await further.close();
    await promoteFork(log, 'shop-2');
    // Twice is as once.
    await promoteFork(log, 'shop-2');
  });
});

test('draining leaves the input where it is, and nothing in the topics between', {
  timeout: 30_000,
}, async () => {
  await withLog(async (log, dir) => {
    await createTopics(log);
    const app = await start(counting(), { applicationId: 'shop', log, stateDir: dir, maxPollRecords: 10 });
    const writing = load(log);
    await eventually('it counts', async () => (await size(log, totals.name)) > 50);
    await app.drain();
    const written = (await writing.stop()) + 1;
    await (await log.producer()).send([sale(written - 1)]);
    const partitions = [0, 1].map((partition) => ({ topic: sales.name, partition }));
    const read = (await log.admin.committed('shop', partitions)).reduce((sum, one) => sum + one!.offset, 0);
    expect(read).toBeLessThan(written);
    expect(await size(log, totals.name)).toBe(read);
    expect(await size(log, 'shop-by-product-repartition')).toBe(read);
    // One that does not get to it.
    const early = await start(counting(), { applicationId: 'shop', log, stateDir: dir });
    early.pause();
    const left = { key: 'apple', value: sale(0).records[0]!.value, timestamp: 1, headers: noHeaders };
    await (await log.producer()).send([
      { topic: 'shop-by-product-repartition', partition: 1, records: [left] },
    ]);
    // It is refused while the app closes: no rejection may be there before it is looked for.
    const refused = expect(early.drain()).rejects.toMatchObject({ code: 'APP_CLOSED' });
    await early.close();
    await refused;
  });
});

test('a fork that was interrupted does not run, and begins again', { timeout: 30_000 }, async () => {
  await withLog(async (log, dir) => {
    await closedShop(log, dir);
    const sender = await log.producer();
    // The last step, in which state and positions become one, fails.
    const makeProducer = vi.spyOn(log, 'producer').mockImplementation(async () => {
      makeProducer.mockRestore();
      const producer = await log.producer();
      vi.spyOn(producer, 'commit').mockRejectedValue(new Error('the power is gone'));
      vi.spyOn(producer, 'send').mockImplementation((records) => sender.send(records));
      return producer;
    });
    await expect(forkApp({ log, from: 'shop', to: 'shop-2' })).rejects.toThrow('the power is gone');
    await expect(start(counting(), { applicationId: 'shop-2', log, stateDir: dir })).rejects.toThrow(
      'its fork was interrupted: run "millrace fork shop shop-2" again',
    );
    const rows = await size(log, 'shop-counts-changelog');
    // Of an application whose id begins alike.
    const others = ['shop-2-eu-counts-changelog', 'shop-2-eu-__topology-changelog'];
    await log.admin.createTopics(others.map((name) => ({ name, partitions: 1 })));
    expect((await forkApp({ log, from: 'shop', to: 'shop-2' })).records).toBe(rows);
    await expect(forkApp({ log, from: 'shop', to: 'shop-2' })).rejects.toThrow('"shop-2" is taken');
    expect(await size(log, 'shop-2-counts-changelog')).toBe(rows);
    expect((await log.admin.topics(others)).size).toBe(2);
  });
});

test('results for topics chosen by record, and dead letters, go to shadows too', {
  timeout: 30_000,
}, async () => {
  await withLog(async (log, dir) => {
    await closedShop(log, dir);
    await log.admin.createTopics([
      { name: 'big', partitions: 3 },
      { name: 'letters', partitions: 1 },
    ]);
    await forkApp({ log, from: 'shop', to: 'shop-2' });
    const builder = new StreamsBuilder();
    builder.stream(sales).to(() => 'big', sales);
    const app = await start(builder.build(), {
      applicationId: 'shop-2',
      log,
      stateDir: dir,
      allowTopologyChange: true,
      deserializationExceptionHandler: deadLetterTo('letters'),
    });
    const old = await start(counting(), {
      applicationId: 'shop',
      log,
      stateDir: `${dir}/1`,
      deserializationExceptionHandler: () => 'continue',
    });
    const producer = await log.producer();
    const broken = { key: 'x', value: '{', timestamp: 1, headers: noHeaders };
    await producer.send([sale(20), { topic: sales.name, partition: 0, records: [broken] }]);
    await caughtUp(log, 'shop-2', sales.name);
    await Promise.all([app.close(), old.close()]);
    const infos = await log.admin.topics(['shop-2-shadow-big', 'shop-2-shadow-letters']);
    expect([...infos.values()].map(({ name, partitions }) => [name, partitions])).toEqual([
      ['shop-2-shadow-big', 3],
      ['shop-2-shadow-letters', 1],
    ]);
    const ends = await log.admin.offsets([
      ...[0, 1, 2].map((partition) => ({ topic: 'shop-2-shadow-big', partition })),
      { topic: 'shop-2-shadow-letters', partition: 0 },
    ]);
    expect(ends.map(({ end }) => end).toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
    expect((await log.admin.offsets([{ topic: 'letters', partition: 0 }]))[0]!.end).toBe(0);
  });
});
