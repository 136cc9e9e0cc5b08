import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedLog } from '@millrace/embedded-log';
import { type Headers as RecordHeaders, noHeaders, partitionForKey } from '@millrace/log-client';
import {
  bytes,
  json,
  long,
  minutes,
  SessionWindows,
  StreamsApp,
  StreamsBuilder,
  type StreamsConfig,
  string,
  TimeWindows,
  topic,
} from '@millrace/streams-core';
import { onTestFinished } from 'vitest';
import { serveApp, type AppServer, type ServeAppOptions } from '../src/index.ts';

/** Closes something when the test is over, before what was opened earlier. */
export function closeLater<T extends { close(): unknown }>(one: T): T {
  onTestFinished(async () => void (await one.close()));
  return one;
}

export const clicks = topic('clicks', { key: string(), value: string() });
export const numbers = topic('numbers', { key: long(), value: json<{ n: number }>() });
export const blobs = topic('blobs', { key: bytes(), value: json<string>() });

/** Tables of every kind. */
export function tables() {
  const builder = new StreamsBuilder();
  const byKey = builder.stream(clicks).groupByKey();
  const total = byKey.count({ as: 'total' });
  const perMinute = byKey
    .windowedBy(TimeWindows.of(minutes(1)).grace(minutes(60)))
    .count({ as: 'per-minute' });
  const sessions = byKey
    .windowedBy(SessionWindows.of(minutes(1)).grace(minutes(60)))
    .count({ as: 'sessions' });
  const latest = byKey.reduce((_, value) => value, { as: 'latest', historyRetentionMs: minutes(60) });
  const byNumber = builder.table(numbers, { as: 'by-number', keepHeaders: true });
  const byBlob = builder.table(blobs, { as: 'by-blob' });
  return { topology: builder.build(), total, perMinute, sessions, latest, byNumber, byBlob };
}

export async function newLog(partitions: number): Promise<EmbeddedLog> {
  const log = closeLater(await EmbeddedLog.inMemory());
  await log.admin.createTopics([clicks, numbers, blobs].map(({ name }) => ({ name, partitions })));
  return log;
}

export interface Started extends ReturnType<typeof tables> {
  readonly app: StreamsApp;
  readonly server: AppServer;
}

/** An app at work, and its server. */
export async function start(
  log: EmbeddedLog,
  config: Partial<StreamsConfig> = {},
  options: ServeAppOptions = {},
): Promise<Started> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-app-server-'));
  closeLater({ close: () => rm(dir, { recursive: true, force: true }) });
  const made = tables();
  const app = closeLater(
    new StreamsApp(made.topology, { applicationId: 'app', log, stateDir: dir, ...config }),
  );
  const server = closeLater(await serveApp(app, options));
  await app.start();
  await eventually('it runs', () => app.state === 'running');
  return { ...made, app, server };
}

export async function send<K, V>(
  log: EmbeddedLog,
  { name, key: keySerde, value: valueSerde }: ReturnType<typeof topic<K, V>>,
  records: readonly (readonly [K, V | null, number?])[],
  headers: RecordHeaders = noHeaders,
): Promise<void> {
  const { partitions } = (await log.admin.topics([name])).get(name)!;
  const producer = await log.producer();
  for (const [key, value, timestamp = 0] of records) {
    const bytesOfKey = keySerde.serialize(key);
    const record = {
      key: bytesOfKey,
      value: value === null ? null : valueSerde.serialize(value),
      timestamp,
      headers,
    };
    await producer.send([
      { topic: name, partition: partitionForKey(bytesOfKey, partitions), records: [record] },
    ]);
  }
}

export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 10 s`);
    await sleep(10);
  }
}

/** What answers may have in them. */
export interface Body {
  readonly code?: string;
  readonly message: string;
  readonly host: string;
  readonly value?: unknown;
  readonly more?: boolean;
  readonly rows: readonly {
    readonly key: string;
    readonly value: number;
    readonly window?: { readonly start: number; readonly end: number };
  }[];
  readonly paths: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
}

export async function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  const body = (isJson ? JSON.parse(text) : {}) as Body;
  return { status: answer.status, body, text, headers: answer.headers };
}

/** Server-sent events as they come. */
export async function* events(
  url: string,
  signal: AbortSignal,
): AsyncGenerator<{ event: string; data: Body | null }> {
  const answer = await fetch(url, { headers: { accept: 'text/event-stream' }, signal });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  let text = '';
  for await (const part of answer.body!) {
    text += Buffer.from(part as Uint8Array).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string): string =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      yield { event: field('event'), data: JSON.parse(field('data')) as Body | null };
    }
  }
}
