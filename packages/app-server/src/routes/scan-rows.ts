import type { StoreSpec } from '@millrace/state-stores';
import { type Row, type StreamsApp, TopologyError } from '@millrace/streams-core';
import type { z } from '@hono/zod-openapi';
import type { ForwardOptions } from '../forward.ts';
import { hasWindows, keyValueStoreOf, windowedStoreOf } from '../queries.ts';
import { type AppQueries, queryApp } from '../query-app.ts';
import { comparePlaces, placeOf, placeOfCursor, type RowPlace } from '../row-place.ts';
import { keyOf, queryOptions, type ScanParameters } from './parameters.ts';

/** Which rows a request is for. */
export interface RowsScan {
  readonly spec: StoreSpec;
  readonly query: z.infer<typeof ScanParameters>;
  readonly options: ForwardOptions;
}

type Rows = AsyncIterable<Row<unknown, unknown>>;

/** Rows as a request wants them, from its cursor on. */
export function scanRows(app: StreamsApp, { spec, query, options }: RowsScan): Rows {
  const after = query.after === undefined ? undefined : placeOfCursor(query.after);
  const rows = hasWindows(spec)
    ? scanWindows(app, { spec, query, options }, after)
    : scanKeys(app, { spec, query, options }, after);
  return after === undefined ? rows : past(rows, spec, { after, reverse: query.reverse === 'true' });
}

/** All instances are asked with the token that this one asks for. */
function everywhere(app: StreamsApp, { token, forwardTimeoutMs: timeoutMs }: ForwardOptions): AppQueries {
  return queryApp(app, { timeoutMs, ...(token === undefined ? {} : { token }) });
}

/** Windows from about the cursor on: those after it start, and sessions end, no earlier. */
function scanWindows(app: StreamsApp, { spec, query, options }: RowsScan, after: RowPlace | undefined): Rows {
  const reverse = query.reverse === 'true';
  const asked = queryOptions(query);
  let from = timeOf(query.from, 0);
  let to = timeOf(query.to, Number.MAX_SAFE_INTEGER);
  if (after !== undefined && reverse) to = Math.min(to, after.window.end);
  else if (after !== undefined) {
    const { start, end } = after.window;
    from = Math.max(from, spec.kind === 'session' ? Math.min(end, Number.MAX_SAFE_INTEGER) : start);
  }
  const span = { from, to, reverse };
  if (query.scope === 'instance') return windowedStoreOf(app, spec.name, asked).fetchAll(span);
  return everywhere(app, options).fetchAll(spec as never, span, asked as never) as Rows;
}

function scanKeys(app: StreamsApp, { spec, query, options }: RowsScan, after: RowPlace | undefined): Rows {
  const { from, to, prefix, format, scope } = query;
  const reverse = query.reverse === 'true';
  const asked = queryOptions(query);
  if (prefix !== undefined) {
    if (scope === 'application')
      throw new TopologyError('TOPOLOGY_INVALID', 'prefix is of one instance: ask without scope=application');
    return keyValueStoreOf(app, spec.name, asked).prefixScan(Buffer.from(prefix), { reverse });
  }
  const bound = (text: string | undefined, isNext: boolean): unknown => {
    if (isNext && after !== undefined)
      return (spec as StoreSpec<unknown, unknown>).key.deserialize(after.key);
    return text === undefined ? undefined : keyOf(spec, text, format);
  };
  const [first, last] = [bound(from, !reverse), bound(to, reverse)];
  const range = {
    reverse,
    ...(first === undefined ? {} : { from: first }),
    ...(last === undefined ? {} : { to: last }),
  };
  if (scope === 'instance') return keyValueStoreOf(app, spec.name, asked).range(range);
  return everywhere(app, options).range(spec as never, range as never, asked as never) as Rows;
}

/** Leaves out what comes up to a cursor. */
async function* past(
  rows: Rows,
  spec: StoreSpec,
  { after, reverse }: { readonly after: RowPlace; readonly reverse: boolean },
): AsyncIterableIterator<Row<unknown, unknown>> {
  for await (const row of rows) {
    const order = comparePlaces(placeOf(row, spec), after);
    if (reverse ? order < 0 : order > 0) yield row;
  }
}

function timeOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const found = Number(text);
  if (Number.isFinite(found)) return found;
  throw new TopologyError('TOPOLOGY_INVALID', `"${text}" is no time: milliseconds since the epoch expected`);
}
