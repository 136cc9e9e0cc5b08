import type { StoreSpec } from '@millrace/state-stores';
import {
  isStoreUnavailable,
  type QueryableKeyValueStore,
  type QueryOptions,
  type RangeQuery,
  type Row,
  type StreamsApp,
  type TableHandle,
  type TimeQuery,
  type Windowed,
} from '@millrace/streams-core';
import { askHost, rowPath } from './ask-host.ts';
import { fromWire, type WireRow } from './json.ts';
import { scanApp } from './scan-app.ts';

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
          if (row === undefined) return undefined;
          const { timestamp, lag } = row;
          return {
            key,
            value: fromWire(row.value, spec.value),
            timestamp,
            ...(lag === undefined ? {} : { lag }),
          };
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
    range: (table, range = {}, options = {}) => {
      const store = app.store(table, options as never) as unknown as QueryableKeyValueStore<never, never>;
      const spec = app.topology.stores.get(store.name)! as StoreSpec<never, never>;
      return scanApp(app, {
        spec,
        store,
        range: range as never,
        options: options as QueryOptions,
        ask,
      }) as never;
    },
  };
}
