import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { allBlocks, root } from './blocks.ts';

// Every block of TypeScript in the docs compiles, against the packages as they are.

const tsc = path.join(root, 'node_modules/typescript/bin/tsc');

/** What blocks speak of without having made it. A block that declares such a name has its own. */
const prelude = `
import type * as Core from '@millrace/streams-core';
import type * as Embedded from '@millrace/embedded-log';
import type * as Kafka from '@millrace/kafka';
import type * as Server from '@millrace/app-server';
import type * as Registry from '@millrace/schema-registry';
import type * as Served from '@millrace/log-server';
import type * as Testing from '@millrace/testing';
import type * as Vitest from 'vitest';
import '@millrace/testing/vitest';
import type * as Pg from 'pg';
import type { z as Zod } from 'zod';
declare global {
  const { bytes, createTopics, deadLetterTo, evolving, hours, json, long, migration, minutes, number, producer, records, runApp, string, timeWindowed, topic, transaction, untilWindowCloses }: typeof Core;
  const { JoinWindows, SessionWindows, SlidingWindows, StreamsApp, StreamsBuilder, TimeWindows }: typeof Core;
  const { EmbeddedLog }: typeof Embedded;
  const { kafkaLog }: typeof Kafka;
  const { serveApp, queryApp }: typeof Server;
  const { TopologyTestDriver }: typeof Testing;
  const { listen, sharedLog }: typeof Served;
  const { avroSerde, schemaRegistry }: typeof Registry;
  const { expect }: typeof Vitest;
  const z: typeof Zod;
  interface Sale { readonly quantity: number; readonly price?: number }
  interface Demand { readonly units: number }
  interface View { readonly page: string }
  interface Order { readonly customer: string; readonly units: number; readonly currency?: string }
  interface OldOrder { readonly customer: string; readonly units: number }
  const Sale: Core.Schema<Sale>;
  const Product: Core.Schema<{ readonly name: string }>;
  const Order: Core.Schema<Order>;
  const Customer: Core.Schema<{ readonly id: number; readonly email: string }>;
  const log: Core.LogClient;
  const pool: Pg.Pool;
  const topology: Core.Topology;
  const builder: Core.StreamsBuilder;
  const app: Core.StreamsApp;
  const stream: Core.KStream<string, Sale>;
  const sales: Core.Topic<string, Sale>;
  const products: Core.Topic<string, { readonly name: string }>;
  const views: Core.Topic<string, View>;
  const orders: Core.Topic<string, Order>;
  const demand: Core.Topic<string, Demand>;
  const stock: Core.Topic<string, { readonly onHand: number }>;
  const perMinute: Core.Topic<Core.Windowed<string>, number>;
  const perHour: Core.KTable<Core.Windowed<string>, number>;
  const prices: Core.KTable<string, number>;
  const noon: number;
  const yesterday: number;
  const username: string;
  const password: string;
  const show: (update: unknown) => void;
  const pino: () => Core.Logger;
  const isSigned: (body: string, signature: string | null) => boolean;
  const hono: { post(path: string, handler: (context: { readonly req: { readonly raw: Request } }) => Promise<Response>): void };
  // Clients of kafkajs.
  const consumer: { run(options: { eachMessage(payload: { message: { key: Buffer | null } }): Promise<void> }): Promise<void> };
  const kafkaProducer: { send(record: { topic: string; messages: { key: string; value: string }[] }): Promise<void> };
}
`;

test('every block of TypeScript in the docs compiles', { timeout: 60_000 }, async () => {
  // Where modules are found as a package of the workspace finds them.
  const dir = mkdtempSync(path.join(root, 'packages/connect/snippets-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(path.join(dir, 'prelude.d.ts'), prelude);
  let count = 0;
  for (const { page, line, code } of allBlocks()) {
    const folder = path.join(dir, page.replaceAll('/', '_'));
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `line-${line}.ts`), `${code}\nexport {};\n`);
    count++;
  }
  expect(count).toBeGreaterThan(25);
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false };
  const config = { extends: '../../../tsconfig.check.json', compilerOptions, include: ['.'] };
  writeFileSync(path.join(dir, 'tsconfig.json'), JSON.stringify(config));
  const printed = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, '-p', dir, '--pretty', 'false'], (_, stdout) => resolve(stdout));
  });
  expect(printed).toBe('');
});
