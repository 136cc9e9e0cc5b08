import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { StoreSpec } from '@millrace/state-stores';
import {
  isStreamsError,
  type QueryOptions,
  StoreUnavailableError,
  type StreamsApp,
  TopologyError,
} from '@millrace/streams-core';
import type { Context } from 'hono';
import { ErrorAnswer, errorAnswer } from '../error-answer.ts';
import { answerOrForward, type ForwardOptions } from '../forward.ts';
import { type Format, parseKey, toJson } from '../json.ts';
import { tasksOfStore } from '../scan-app.ts';
import { isQueryable, hasWindows, keyValueStoreOf, take, windowedStoreOf, wireRow } from '../queries.ts';

const flag = z.enum(['true', 'false']).default('false');
const time = z.coerce.number().int();

const Window = z.object({ start: z.number(), end: z.number().nullable() });
const RowAnswer = z
  .object({
    key: z.unknown(),
    value: z.unknown(),
    timestamp: z.number().openapi({ description: 'Of the record that set it, in milliseconds' }),
    window: Window.optional(),
    lag: z.number().optional().openapi({ description: 'Of a copy: changelog records that it is behind' }),
  })
  .openapi('Row');
const RowsAnswer = z
  .object({
    rows: z.array(RowAnswer),
    more: z.boolean(),
    tasks: z.array(z.string()).optional().openapi({ description: 'The tasks here whose rows were read' }),
  })
  .openapi('Rows');
const StoreAnswer = z.object({ name: z.string(), kind: z.string(), global: z.boolean() }).openapi('Store');

export const QueryParameters = z.object({
  isolation: z.enum(['committed', 'latest']).default('committed'),
  maxLag: z.coerce
    .number()
    .min(0)
    .optional()
    .openapi({ description: 'Read a copy that is at most so many changelog records behind' }),
  atLeast: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .openapi({
      description: 'topic:partition:offset of a record whose effect must be seen; may be repeated',
    }),
  timeoutMs: z.coerce.number().int().min(0).max(60_000).optional(),
  format: z
    .enum(['json', 'bytes'])
    .default('json')
    .openapi({ description: 'bytes: base64 of what the serdes make' }),
});

const KeyParameters = QueryParameters.extend({
  asOf: time.optional(),
  from: time.optional(),
  to: time.optional(),
});
const ScanParameters = QueryParameters.extend({
  from: z.string().optional(),
  to: z.string().optional(),
  prefix: z.string().optional().openapi({ description: 'Bytes that serialised keys start with, as text' }),
  reverse: flag,
  limit: z.coerce.number().int().min(1).default(1000),
});

/** Options of a query as they come in a request. @throws TopologyError for a position that is none */
export function queryOptions({
  isolation,
  maxLag,
  atLeast = [],
  timeoutMs,
}: z.infer<typeof QueryParameters>): QueryOptions {
  const positions = (typeof atLeast === 'string' ? [atLeast] : atLeast).map((text) => {
    const [, topic, partition, offset] = /^(.+):(\d+):(\d+)$/.exec(text) ?? [];
    if (topic === undefined)
      throw new TopologyError('TOPOLOGY_INVALID', `atLeast=${text}: topic:partition:offset expected`);
    return { topic, partition: Number(partition), offset: Number(offset) };
  });
  return {
    isolation,
    atLeast: positions,
    ...(maxLag === undefined ? {} : { stale: { maxLag } }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** A store's spec by its name. @throws TopologyError */
export function specOf(app: StreamsApp, name: string): StoreSpec {
  const spec = app.topology.stores.get(name);
  if (spec !== undefined && isQueryable(spec)) return spec;
  const known = [...app.topology.stores.values()].filter(isQueryable).map((one) => one.name);
  throw new TopologyError(
    'TOPOLOGY_STORE_MISSING',
    `There is no store "${name}"; there are ${known.join(', ') || 'none'}`,
  );
}

/** A key as a request has it. @throws TopologyError where it is none */
export function keyOf(spec: StoreSpec, text: string, format: Format): unknown {
  try {
    return parseKey(text, spec.key as never, format);
  } catch (error) {
    const what = isStreamsError(error) ? error.message : (error as Error).message;
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `"${text}" is no key of store "${spec.name}": ${what}; keys are JSON, but for texts`,
    );
  }
}

const content = (schema: z.ZodType) => ({ 'application/json': { schema } });
const failures = {
  400: { description: 'A request that makes no sense', content: content(ErrorAnswer) },
  404: { description: 'No such store or row', content: content(ErrorAnswer) },
  503: {
    description: 'The rows are not here just now: ask again, or ask `host`',
    content: content(ErrorAnswer),
  },
};
const Store = z.object({ store: z.string() });

export interface StoreRouteOptions extends ForwardOptions {
  readonly maxRows: number;
}

function json(context: Context, body: unknown): Response {
  return context.body(toJson(body), 200, { 'content-type': 'application/json' });
}

/** Queries of stores: by key, by range, by window. */
export function storeRoutes(server: OpenAPIHono, app: StreamsApp, options: StoreRouteOptions): void {
  const stores = createRoute({
    method: 'get',
    path: '/stores',
    summary: 'The stores that can be asked',
    responses: { 200: { description: 'All of them', content: content(z.array(StoreAnswer)) } },
  });
  server.openapi(stores, (context) => {
    const specs = [...app.topology.stores.values()].filter(isQueryable);
    return context.json(
      specs.map(({ name, kind }) => ({ name, kind, global: app.topology.globalStores.has(name) })),
      200,
    );
  });

  const one = createRoute({
    method: 'get',
    path: '/stores/{store}/rows/{key}',
    summary: "A key's row, or its windows and sessions",
    request: { params: Store.extend({ key: z.string() }), query: KeyParameters },
    responses: {
      200: { description: 'The row, or the windows', content: content(z.union([RowAnswer, RowsAnswer])) },
      ...failures,
    },
  });
  server.openapi(one, (context) => {
    const { store, key: text } = context.req.valid('param');
    const query = context.req.valid('query');
    return answerOrForward(context, options, async () => {
      const spec = specOf(app, store);
      const key = keyOf(spec, text, query.format);
      if (hasWindows(spec)) {
        const { from = 0, to = Number.MAX_SAFE_INTEGER } = query;
        const rows = await windowedStoreOf(app, store, queryOptions(query)).fetch(key, { from, to });
        const kept = rows.slice(0, options.maxRows);
        return json(context, {
          rows: kept.map((row) => wireRow(row, spec, query.format)),
          more: rows.length > kept.length,
        });
      }
      const { asOf } = query;
      const asked = keyValueStoreOf(app, store, queryOptions(query));
      const row = await asked.getRow(key, asOf === undefined ? {} : { asOf });
      if (row !== undefined) return json(context, wireRow(row, spec, query.format));
      return errorAnswer(context, 404, {
        code: 'ROW_MISSING',
        message: `Store "${store}" has no row of key ${text}`,
      });
    }) as never;
  });

  scanRoute(server, app, options);
}

/** Rows of a range, of those that are here. */
function scanRoute(server: OpenAPIHono, app: StreamsApp, options: StoreRouteOptions): void {
  const many = createRoute({
    method: 'get',
    path: '/stores/{store}/rows',
    summary: 'Rows of this instance, in the order of serialised keys; of windows in the order of time',
    request: { params: Store, query: ScanParameters },
    responses: { 200: { description: 'Some of them', content: content(RowsAnswer) }, ...failures },
  });
  server.openapi(many, (context) => {
    const { store } = context.req.valid('param');
    const query = context.req.valid('query');
    return answerOrForward(context, options, async () => {
      const spec = specOf(app, store);
      const limit = Math.min(query.limit, options.maxRows);
      const tasks = tasksOfStore(app, store);
      const { rows, more } = await take(scan(app, spec, query), limit);
      assertStillHere(app, store, tasks);
      return json(context, { rows: rows.map((row) => wireRow(row, spec, query.format)), more, tasks });
    }) as never;
  });
}

/** @throws StoreUnavailableError where tasks came or went while their rows were read */
function assertStillHere(app: StreamsApp, store: string, tasks: readonly string[]): void {
  if (tasksOfStore(app, store).join() === tasks.join()) return;
  const message = `Tasks of store "${store}" came or went while it was read: ask again`;
  throw new StoreUnavailableError('STORE_MOVED', message, { store, partition: undefined, host: undefined });
}

function scan(app: StreamsApp, spec: StoreSpec, query: z.infer<typeof ScanParameters>) {
  const { from, to, prefix, format } = query;
  const reverse = query.reverse === 'true';
  const options = queryOptions(query);
  if (hasWindows(spec)) {
    const span = { from: timeOf(from, 0), to: timeOf(to, Number.MAX_SAFE_INTEGER), reverse };
    return windowedStoreOf(app, spec.name, options).fetchAll(span);
  }
  const store = keyValueStoreOf(app, spec.name, options);
  if (prefix !== undefined) return store.prefixScan(Buffer.from(prefix), { reverse });
  return store.range({
    reverse,
    ...(from === undefined ? {} : { from: keyOf(spec, from, format) }),
    ...(to === undefined ? {} : { to: keyOf(spec, to, format) }),
  });
}

function timeOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const found = Number(text);
  if (Number.isFinite(found)) return found;
  throw new TopologyError('TOPOLOGY_INVALID', `"${text}" is no time: milliseconds since the epoch expected`);
}
