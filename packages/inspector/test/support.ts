import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AppServer } from '@millrace/app-server';
import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import {
  deadLetterTo,
  json,
  minutes,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { onTestFinished } from 'vitest';
import { inspect, type InspectOptions } from '../src/index.ts';

export interface Order {
  readonly n: number;
  readonly region: string;
  readonly note: string;
}

const orders = topic('orders', { key: string(), value: json<Order>() });

/** Filters, counts by key, and counts by region in windows behind a repartition topic. */
function shopTopology() {
  const builder = new StreamsBuilder();
  const even = builder.stream(orders).filter(({ n }) => {
    if (n === -1) throw new Error('an order that cannot be');
    return n % 2 === 0;
  });
  even
    .groupByKey()
    .count({ as: 'per-product' })
    .toStream()
    .to(topic('totals', { key: string(), value: json<number>() }));
  even
    .groupBy(({ region }) => region, { key: string(), name: 'by-region' })
    .windowedBy(TimeWindows.of(minutes(1)).grace(0))
    .count({ as: 'per-minute' })
    .suppress(untilWindowCloses({ name: 'closed' }));
  return builder.build();
}

export interface Shop {
  readonly app: StreamsApp;
  readonly server: AppServer;
  readonly send: (key: string, order: Order, timestamp?: number) => Promise<void>;
  /** Sends orders of so many products, all at once. */
  readonly sendMany: (count: number, products: number) => Promise<void>;
  /** Sends what is no order, with a header. */
  readonly sendJunk: (key: string, value: string) => Promise<void>;
}

/** An app at work, and its page. */
export async function openShop(options: InspectOptions = {}): Promise<Shop> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-inspector-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const log = await EmbeddedLog.inMemory();
  onTestFinished(() => log.close());
  await log.admin.createTopics(['orders', 'totals', 'bad-orders'].map((name) => ({ name, partitions: 2 })));
  const app = new StreamsApp(shopTopology(), {
    applicationId: 'shop',
    log,
    stateDir: dir,
    recordingLevel: 'debug',
    deserializationExceptionHandler: deadLetterTo('bad-orders'),
    productionExceptionHandler: () => ({ deadLetterTopic: 'bad-orders' }),
  });
  onTestFinished(() => app.close().catch(() => {}));
  app.done.catch(() => {});
  const server = await inspect(app, { intervalMs: 50, ...options });
  onTestFinished(() => server.close());
  await app.start();
  const producer = await log.producer();
  let sent = 0;
  return {
    app,
    server,
    send: async (key, order, timestamp = Date.now()) => {
      const record = { key, value: JSON.stringify(order), timestamp, headers: noHeaders };
      await producer.send([{ topic: 'orders', partition: Math.abs(order.n) % 2, records: [record] }]);
    },
    sendMany: async (count, products) => {
      const records = Array.from({ length: count }, (_, n) => ({
        key: `product-${sent++ % products}`,
        value: JSON.stringify({ n: n * 2, region: `region-${n % 7}`, note: 'x'.repeat(20) }),
        timestamp: Date.now(),
        headers: noHeaders,
      }));
      await producer.send([{ topic: 'orders', partition: sent % 2, records }]);
    },
    sendJunk: async (key, value) => {
      const record = { key, value, timestamp: 7, headers: [{ key: 'mine', value: Buffer.from('kept') }] };
      await producer.send([{ topic: 'orders', partition: 1, records: [record] }]);
    },
  };
}
