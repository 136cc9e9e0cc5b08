import type { StoreSpec } from '@millrace/state-stores';
import {
  isStoreUnavailable,
  type QueryOptions,
  type Row,
  type StreamsApp,
  StoreUnavailableError,
  type TableHandle,
  type TimeQuery,
  type Windowed,
} from '@millrace/streams-core';
import { ErrorAnswer } from './error-answer.ts';
import { forwardedHeader } from './forward.ts';
import { fromWire, toWire, type WireRow } from './json.ts';

/** Another instance does not answer a query: it asks for another token, or has another topology. */
export class QueryRefusedError extends Error {
  override readonly name = 'QueryRefusedError';
  readonly code = 'QUERY_REFUSED';
}

export interface QueryAppOptions {
  /** The token that the other instances' servers ask for. */
  readonly token?: string;
  /** How long another instance may take to answer. Default 5 seconds. */
  readonly timeoutMs?: number;
}

type Reference<K, V> = TableHandle<K, V> | StoreSpec<K, V>;

/** Queries that go where the rows are: to this instance or to the one that has them. */
export interface AppQueries {
  /**
   * A key's row; undefined where there is none.
   * @throws StoreUnavailableError while tasks move, or where their owner does not answer
   */
  get<K, V>(table: Reference<K, V>, key: K, options?: QueryOptions<K>): Promise<Row<K, V> | undefined>;
  /** A key's windows or sessions. @throws as `get` */
  fetch<K, V>(
    table: Reference<Windowed<K>, V>,
    key: K,
    span?: Omit<TimeQuery, 'reverse'>,
    options?: QueryOptions<K>,
  ): Promise<readonly Row<Windowed<K>, V>[]>;
}

/**
 * Asks a store of an app over all its instances, each of which serves it (`serveApp`) under its
 * `applicationServer`. Keys and values go by the store's serdes, so that they come as they are.
 */
export function queryApp(app: StreamsApp, { token, timeoutMs = 5000 }: QueryAppOptions = {}): AppQueries {
  const ask = (host: string, path: string, store: string): Promise<unknown> =>
    askHost(host, path, { store, token, timeoutMs });
  /** Here, or where the error says. */
  const route = async <T>(here: () => Promise<T>, there: (host: string) => Promise<T>): Promise<T> => {
    try {
      return await here();
    } catch (error) {
      if (!isStoreUnavailable(error) || error.code !== 'STORE_MOVED' || error.host === undefined) throw error;
      return there(error.host);
    }
  };
  return {
    get: (table, key, options = {}) => {
      const store = app.store(table, options as never) as unknown as {
        readonly name: string;
        getRow(key: unknown): Promise<Row<never, never> | undefined>;
      };
      const spec = app.topology.stores.get(store.name)! as StoreSpec<unknown, never>;
      return route(
        () => store.getRow(key),
        async (host) => {
          const path = pathOf(spec, key, options as QueryOptions, {});
          const row = (await ask(host, path, spec.name)) as WireRow | undefined;
          return row && { key, value: fromWire(row.value, spec.value), timestamp: row.timestamp };
        },
      );
    },
    fetch: (table, key, span = {}, options = {}) => {
      const store = app.store(table, options as never) as unknown as {
        readonly name: string;
        fetch(key: unknown, span: TimeQuery): Promise<readonly Row<Windowed<never>, never>[]>;
      };
      const spec = app.topology.stores.get(store.name)! as StoreSpec<unknown, never>;
      return route(
        () => store.fetch(key, span),
        async (host) => {
          const path = pathOf(spec, key, options as QueryOptions, span);
          const { rows } = (await ask(host, path, spec.name)) as {
            readonly rows: readonly Required<WireRow>[];
          };
          return rows.map(({ value, timestamp, window }) => ({
            // An unlimited window's end does not come through JSON.
            key: { key, window: { start: window.start, end: window.end ?? Number.POSITIVE_INFINITY } },
            value: fromWire(value, spec.value),
            timestamp,
          })) as never;
        },
      );
    },
  };
}

/** What another instance answers; undefined where there is no such row. */
async function askHost(
  host: string,
  path: string,
  {
    store,
    token,
    timeoutMs,
  }: { readonly store: string; readonly token: string | undefined; readonly timeoutMs: number },
): Promise<unknown> {
  const unavailable = (message: string): StoreUnavailableError =>
    new StoreUnavailableError('STORE_MOVED', message, { store, partition: undefined, host });
  let answer: Response;
  try {
    answer = await fetch(`http://${host}${path}`, {
      headers: {
        [forwardedHeader]: '1',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
  } catch (error) {
    throw unavailable(
      `${host}, which has the rows of store "${store}", did not answer: ${(error as Error).message}`,
    );
  }
  const body: unknown = await answer.json();
  if (answer.ok) return body;
  const { code, message } = ErrorAnswer.parse(body);
  if (code === 'ROW_MISSING') return undefined;
  if (answer.status === 503) throw unavailable(`${host} says: ${message}`);
  throw new QueryRefusedError(`${host} refused a query of store "${store}" (${code}): ${message}`);
}

function pathOf(
  spec: StoreSpec<unknown, never>,
  key: unknown,
  { isolation, stale, atLeast = [], timeoutMs }: QueryOptions,
  { from, to }: Omit<TimeQuery, 'reverse'>,
): string {
  const query = new URLSearchParams({ format: 'bytes' });
  if (isolation !== undefined) query.set('isolation', isolation);
  if (stale !== undefined) query.set('maxLag', String(stale.maxLag));
  if (timeoutMs !== undefined) query.set('timeoutMs', String(timeoutMs));
  if (from !== undefined) query.set('from', String(from));
  if (to !== undefined) query.set('to', String(to));
  for (const { topic, partition, offset } of atLeast)
    query.append('atLeast', `${topic}:${partition}:${offset}`);
  const coded = encodeURIComponent(toWire(key, spec.key, 'bytes') as string);
  return `/stores/${encodeURIComponent(spec.name)}/rows/${coded}?${query.toString()}`;
}
