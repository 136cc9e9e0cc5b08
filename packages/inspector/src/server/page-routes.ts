import { readFile } from 'node:fs/promises';
import type { LogClient } from '@millrace/log-client';
import type { RecordPlace, StreamRecord, StreamsApp } from '@millrace/streams-core';
import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { layout, topologyGraph } from '../draw/index.ts';
import { sendAgain, SendAgainError } from './dead-letters.ts';
import { groupsOf } from './groups.ts';
import { originsOf } from './origins.ts';
import { snapshotFromOutside } from './outside.ts';
import { snapshotOf } from './snapshot.ts';
import { type Subject, subjectOf, wholeLog } from './subject.ts';
import { asText, tailOf, topicViews, UnknownTopicError } from './topics.ts';

/** What `npm run build` makes of `page/`. */
const built = new URL('../../dist/page/', import.meta.url);

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

const headers = {
  // No script but the page's own, whatever records hold; nothing from elsewhere.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export interface PageOptions {
  readonly path: string;
  readonly intervalMs: number;
}

export interface PageRoutes {
  readonly add: (server: Hono) => void;
  readonly close: () => void;
}

const json = (context: Context, body: unknown): Response =>
  context.body(asText(body), 200, { 'content-type': 'application/json' });

/** The page of an app: its files, and under a path of its own, which needs the token, the data it shows. */
export function appRoutes(app: StreamsApp, { path, intervalMs }: PageOptions): PageRoutes {
  // One that was never started is looked at from outside.
  const snapshots = new Events(intervalMs, () =>
    app.state === 'created' ? snapshotFromOutside(app) : snapshotOf(app),
  );
  const add = (server: Hono): void => {
    addFiles(server, path);
    server.get('/inspector/topology', (context) =>
      json(context, { applicationId: app.applicationId, ...layout(topologyGraph(app.topology)) }),
    );
    addTopics(server, subjectOf(app));
    server.get('/inspector/topics/:topic/:partition{[0-9]+}/:offset{[0-9]+}/origins', async (context) => {
      const { topic, partition, offset } = context.req.param();
      return json(
        context,
        await originsOf(app, { topic, partition: Number(partition), offset: Number(offset) }),
      );
    });
    server.get('/inspector/nodes/:node/records', (context) =>
      json(context, app.lastRecords(context.req.param('node')).map(nodeRecordView)),
    );
    server.post('/inspector/send-again', (context) => again(context, app));
    server.get('/inspector/events', (context) => snapshots.stream(context));
  };
  return { add, close: () => snapshots.close() };
}

/** A record as it came to a node; of a table's node its value has an old and a new one. */
export interface NodeRecordView {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

const nodeRecordView = ({ key, value, timestamp }: StreamRecord<unknown, unknown>): NodeRecordView => ({
  key: key ?? null,
  value: value ?? null,
  timestamp,
});

/** The page of a log, of which no topology is known: its groups and topics. */
export function logRoutes(log: LogClient, { path, intervalMs }: PageOptions): PageRoutes {
  const groups = new Events(intervalMs, async () => ({ at: Date.now(), groups: await groupsOf(log) }));
  const add = (server: Hono): void => {
    addFiles(server, path);
    server.get('/inspector/topology', (context) => json(context, { isLog: true }));
    addTopics(server, wholeLog(log));
    server.get('/inspector/events', (context) => groups.stream(context));
  };
  return { add, close: () => groups.close() };
}

function addFiles(server: Hono, path: string): void {
  server.get(path, (context) => file(context, 'index.html'));
  server.get(`${path}/:file`, (context) => file(context, context.req.param('file')));
}

function addTopics(server: Hono, subject: Subject): void {
  server.get('/inspector/topics', async (context) => json(context, await topicViews(subject)));
  server.get('/inspector/topics/:topic', (context) => tail(context, subject));
}

/** Server-sent events: what is there to be shown, again and again. */
class Events {
  readonly #intervalMs: number;
  readonly #look: () => unknown;
  readonly #streams = new Set<() => void>();

  constructor(intervalMs: number, look: () => unknown) {
    this.#intervalMs = intervalMs;
    this.#look = look;
  }

  stream(context: Context): Response {
    return streamSSE(context, async (stream) => {
      let timer: NodeJS.Timeout | undefined;
      let isOver = false;
      let wake = (): void => {};
      const stop = (): void => {
        isOver = true;
        clearTimeout(timer);
        wake();
      };
      this.#streams.add(stop);
      stream.onAbort(stop);
      while (!isOver) {
        await stream.writeSSE({ event: 'snapshot', data: asText(await this.#look()) });
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, this.#intervalMs).unref();
        });
      }
      this.#streams.delete(stop);
    });
  }

  close(): void {
    for (const stop of this.#streams) stop();
  }
}

async function file(context: Context, name: string): Promise<Response> {
  const type = types[name.split('.').at(-1) ?? ''];
  // Names only: nothing outside the folder, and nothing that is not the page's.
  if (type === undefined || !/^[\w-]+\.\w+$/.test(name)) return context.notFound();
  let body: Buffer<ArrayBuffer>;
  try {
    body = await readFile(new URL(name, built));
  } catch {
    return context.notFound();
  }
  return context.body(body, 200, { ...headers, 'content-type': type });
}

/**
 * Only what is sent as JSON: a form of another site cannot, and its scripts are not let.
 */
async function again(context: Context, app: StreamsApp): Promise<Response> {
  if (context.req.header('content-type') !== 'application/json')
    return context.json({ code: 'REQUEST_INVALID', message: 'application/json expected' }, 415);
  const place: unknown = await context.req.json().catch(() => undefined);
  if (!isPlace(place)) {
    const message = 'topic, partition and offset of a dead letter expected';
    return context.json({ code: 'REQUEST_INVALID', message }, 400);
  }
  try {
    return context.json(await sendAgain(app, place));
  } catch (error) {
    if (!(error instanceof SendAgainError)) throw error;
    return context.json({ code: 'NOT_SENT', message: error.message }, 409);
  }
}

function isPlace(value: unknown): value is RecordPlace {
  if (typeof value !== 'object' || value === null) return false;
  const { topic, partition, offset } = value as Partial<Record<keyof RecordPlace, unknown>>;
  const isCount = (one: unknown): boolean => Number.isSafeInteger(one) && (one as number) >= 0;
  return typeof topic === 'string' && isCount(partition) && isCount(offset);
}

const tailRecords = 100;

async function tail(context: Context, subject: Subject): Promise<Response> {
  const after = (context.req.query('after') ?? '').split(',').filter((text) => /^\d+$/.test(text));
  try {
    const found = await tailOf(subject, context.req.param('topic')!, {
      after: new Map(after.map((offset, partition) => [partition, Number(offset)])),
      limit: tailRecords,
      filter: context.req.query('filter') ?? '',
    });
    return json(context, found);
  } catch (error) {
    if (!(error instanceof UnknownTopicError)) throw error;
    return context.json({ code: 'TOPIC_UNKNOWN', message: error.message }, 404);
  }
}
