import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type StreamsApp, StoreUnavailableError } from '@millrace/streams-core';
import type { Context } from 'hono';
import { ErrorAnswer, errorAnswer } from '../error-answer.ts';
import { answerOrForward, type ForwardOptions } from '../forward.ts';
import { toJson } from '../json.ts';
import { hasWindows, isQueryable, keyValueStoreOf, take, windowedStoreOf, wireRow } from '../queries.ts';
import { cursorOf, placeOf } from '../row-place.ts';
import { tasksOfStore } from '../scan-app.ts';
import { KeyParameters, keyOf, queryOptions, ScanParameters, specOf } from './parameters.ts';
import { scanRows } from './scan-rows.ts';

const Window = z.object({ start: z.number(), end: z.number().nullable() });
const RowAnswer = z
  .object({
    key: z.unknown(),
    value: z.unknown(),
    timestamp: z.number().openapi({ description: 'Of the record that set it, in milliseconds' }),
    headers: z
      .array(z.object({ key: z.string(), value: z.string().nullable() }))
      .optional()
      .openapi({ description: 'Of that record, where the table keeps headers' }),
    window: Window.optional(),
    lag: z.number().optional().openapi({ description: 'Of a copy: changelog records that it is behind' }),
  })
  .openapi('Row');
const RowsAnswer = z
  .object({
    rows: z.array(RowAnswer),
    more: z.boolean(),
    next: z
      .string()
      .optional()
      .openapi({ description: 'Where there are more: `after` of the request for the next page' }),
    tasks: z.array(z.string()).optional().openapi({ description: 'The tasks here whose rows were read' }),
  })
  .openapi('Rows');
const StoreAnswer = z.object({ name: z.string(), kind: z.string(), global: z.boolean() }).openapi('Store');

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

/** Rows of a range, page by page. */
function scanRoute(server: OpenAPIHono, app: StreamsApp, options: StoreRouteOptions): void {
  const many = createRoute({
    method: 'get',
    path: '/stores/{store}/rows',
    summary: 'Rows in the order of serialised keys; of windows in the order of time',
    request: { params: Store, query: ScanParameters },
    responses: { 200: { description: 'Some of them', content: content(RowsAnswer) }, ...failures },
  });
  server.openapi(many, (context) => {
    const { store } = context.req.valid('param');
    const query = context.req.valid('query');
    return answerOrForward(context, options, async () => {
      const spec = specOf(app, store);
      const limit = Math.min(query.limit, options.maxRows);
      const isHere = query.scope === 'instance';
      const tasks = tasksOfStore(app, store);
      const { rows, more } = await take(scanRows(app, { spec, query, options }), limit);
      if (isHere) assertStillHere(app, store, tasks);
      return json(context, {
        rows: rows.map((row) => wireRow(row, spec, query.format)),
        more,
        ...(more ? { next: cursorOf(placeOf(rows.at(-1)!, spec)) } : {}),
        ...(isHere ? { tasks } : {}),
      });
    }) as never;
  });
}

/** @throws StoreUnavailableError where tasks came or went while their rows were read */
function assertStillHere(app: StreamsApp, store: string, tasks: readonly string[]): void {
  if (tasksOfStore(app, store).join() === tasks.join()) return;
  const message = `Tasks of store "${store}" came or went while it was read: ask again`;
  throw new StoreUnavailableError('STORE_MOVED', message, { store, partition: undefined, host: undefined });
}
