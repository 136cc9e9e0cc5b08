import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import { createTopics, producer, records, type StreamsApp, type Topic } from '@millrace/streams-core';
import type { LogClient } from '@millrace/log-client';
import { listen } from '@millrace/log-server';
import { onTestFinished, vi } from 'vitest';
import { openPostgres } from '../../packages/connect/test/postgres-server.ts';
import type { Block } from './blocks.ts';
import { demand, sales } from './scenarios/shop.ts';

/** How a block is run and what has to come of it. */
export interface Scenario {
  readonly page: string;
  /** Text that no other block of the page has. */
  readonly has: string;
  /** What it cannot be run without. */
  readonly needs?: 'postgres';
  readonly run: (block: Block) => Promise<void>;
}

export async function newLog(...topics: Parameters<typeof createTopics>[1]): Promise<EmbeddedLog> {
  const log = await EmbeddedLog.inMemory();
  onTestFinished(() => log.close().catch(() => {}));
  await createTopics(log, topics, { partitions: 1 });
  return log;
}

/** The log, and where a client of Kafka finds it. */
export async function newKafka(
  ...topics: Parameters<typeof createTopics>[1]
): Promise<{ log: EmbeddedLog; broker: string }> {
  const log = await newLog(...topics);
  const server = await listen(log, { port: 0, token: false });
  onTestFinished(() => server.close());
  return { log, broker: server.address };
}

/** An empty one, until the test is over. */
export function newFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace-snippet-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export async function newPostgres(): Promise<Awaited<ReturnType<typeof openPostgres>>['pool']> {
  const { pool, close } = await openPostgres();
  onTestFinished(close);
  return pool;
}

export async function send<K, V>(
  log: LogClient,
  {
    topic,
    key,
    value,
    timestamp,
  }: { readonly topic: Topic<K, V>; readonly key: K; readonly value: V; readonly timestamp?: number },
): Promise<void> {
  const out = await producer(log, topic);
  await out.send(key, value, timestamp === undefined ? {} : { timestamp });
  await out.close();
}

/** Starts an app of `runningDemand` where it has not been, sends it a sale, and waits for the demand. */
export async function demandOf(app: StreamsApp, log: LogClient): Promise<unknown> {
  onTestFinished(() => app.close().catch(() => {}));
  if (app.state === 'created') await app.start();
  await send(log, { topic: sales, key: 'mug', value: { quantity: 2 } });
  const [value] = await valuesOf(log, demand, 1);
  return value;
}

/** The values of a topic, once there are as many. */
export async function valuesOf<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  limit: number,
): Promise<(V | null)[]> {
  const values: (V | null)[] = [];
  for await (const { value } of records(log, topic, { from: 'earliest', follow: true, limit }))
    values.push(value);
  return values;
}

export function setEnv(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** What is printed until the test is over, a line each. */
export function printedLines(): readonly unknown[][] {
  const spy = vi.spyOn(console, 'log').mockImplementation(() => {});
  onTestFinished(() => spy.mockRestore());
  return spy.mock.calls;
}

export const eventually = (what: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(what, { timeout: 20_000, interval: 10 });
