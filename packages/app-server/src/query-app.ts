import type { Serde } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import {
  isStoreUnavailable,
  type QueryableKeyValueStore,
  type QueryableWindowedStore,
  type QueryOptions,
  type RangeQuery,
  type Row,
  type StreamsApp,
  type TableHandle,
  type TimeQuery,
  type Windowed,
} from '@millrace/streams-core';
import { askHost, rowPath } from './ask-host.ts';
import { toWire, type WireRow } from './json.ts';
import { rowOf, scanApp, type ScanOptions } from './scan-app.ts';

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
  /**
   * The rows of all instances, in the order of serialised keys, each instance's as it is when it is asked.
   * @throws StoreUnavailableError while tasks move: what was read so far may lack rows
   */
  range<K, V>(
    table: Reference<K, V>,
    range?: RangeQuery<K>,
    options?: QueryOptions<K>,
  ): AsyncIterableIterator<Row<K, V>>;
  /**
   * The windows or sessions of all keys and all instances, by time and then by serialised key; else as
   * `range`.
   */
  fetchAll<K, V>(
    table: Reference<Windowed<K>, V>,
    span?: TimeQuery,
    options?: QueryOptions<K>,
  ): AsyncIterableIterator<Row<Windowed<K>, V>>;
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
          const path = rowPath(spec, key, options as QueryOptions, {});
          const row = (await ask(host, path, spec.name)) as WireRow | undefined;
          return row && ({ ...rowOf(row, spec as never), key } as Row<never, never>);
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
          const path = rowPath(spec, key, options as QueryOptions, span);
          const { rows } = (await ask(host, path, spec.name)) as { readonly rows: readonly WireRow[] };
          return rows.map((row) => rowOf(row, spec as never)) as never;
        },
      );
    },
    ...scansOf(app, ask),
  };
}

function scansOf(app: StreamsApp, ask: ScanOptions['ask']): Pick<AppQueries, 'range' | 'fetchAll'> {
  const scan = (
    store: string,
    rows: ScanOptions['rows'],
    {
      parameters,
      reverse,
      options,
    }: Pick<ScanOptions, 'parameters' | 'reverse'> & { readonly options: object },
  ): AsyncIterableIterator<Row<unknown, unknown>> =>
    scanApp(app, {
      spec: app.topology.stores.get(store)! as StoreSpec<never, never>,
      rows,
      parameters: { ...parameters, reverse: String(reverse) },
      reverse,
      options,
      ask,
    });
  return {
    range: (table, range = {}, options = {}) => {
      const store = app.store(table, options as never) as unknown as QueryableKeyValueStore<never, never>;
      const { key } = app.topology.stores.get(store.name)! as StoreSpec<never, never>;
      const { from, to, reverse = false } = range;
      const parameters = { from: coded(from, key), to: coded(to, key) };
      return scan(store.name, () => store.range(range as never), { parameters, reverse, options }) as never;
    },
    fetchAll: (table, span = {}, options = {}) => {
      const store = app.store(table, options as never) as unknown as QueryableWindowedStore<never, never>;
      const { from, to, reverse = false } = span;
      const parameters = { from: from?.toString(), to: to?.toString() };
      return scan(store.name, () => store.fetchAll(span), { parameters, reverse, options }) as never;
    },
  };
}

function coded(key: unknown, serde: Serde<never>): string | undefined {
  return key === undefined ? undefined : (toWire(key as never, serde, 'bytes') as string);
}
