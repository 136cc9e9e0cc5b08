import type { StoreSpec } from '@millrace/state-stores';
import type {
  QueryableKeyValueStore,
  QueryableWindowedStore,
  QueryOptions,
  Row,
  StreamsApp,
  Windowed,
} from '@millrace/streams-core';
import { headersToWire, toWire, type Format, type WireRow } from './json.ts';

type AnyRow = Row<unknown, unknown>;

export function hasWindows({ kind }: StoreSpec): boolean {
  return kind === 'window' || kind === 'session';
}

/** Whether a store has rows to ask for; others are the topology's own. */
export function isQueryable(spec: StoreSpec): boolean {
  return hasWindows(spec) || spec.kind === 'key-value' || spec.kind === 'versioned';
}

/** A row for the wire. */
export function wireRow(row: Row<unknown, unknown>, spec: StoreSpec, format: Format): WireRow {
  const { key: keySerde, value: valueSerde } = spec as StoreSpec<unknown, unknown>;
  const { key, value, timestamp, headers, lag } = row;
  const coded = value === undefined ? {} : { value: toWire(value, valueSerde, format) };
  const copy = lag === undefined ? {} : { lag };
  const kept = headers === undefined ? {} : { headers: headersToWire(headers, format) };
  if (!hasWindows(spec)) return { key: toWire(key, keySerde, format), ...coded, timestamp, ...kept, ...copy };
  const { key: inner, window } = key as Windowed<unknown>;
  return { key: toWire(inner, keySerde, format), ...coded, timestamp, window };
}

/** A store by its name, once its spec has said of which kind it is. */
function storeOf<S>(app: StreamsApp, store: string, options: QueryOptions): S {
  return app.store(store, options) as unknown as S;
}

export const keyValueStoreOf = storeOf<QueryableKeyValueStore<unknown, unknown>>;
export const windowedStoreOf = storeOf<QueryableWindowedStore<unknown, unknown>>;

/** Rows up to a limit, and whether there are more. */
export async function take(
  rows: AsyncIterable<AnyRow>,
  limit: number,
): Promise<{ readonly rows: readonly AnyRow[]; readonly more: boolean }> {
  const taken: AnyRow[] = [];
  for await (const row of rows) {
    if (taken.length === limit) return { rows: taken, more: true };
    taken.push(row);
  }
  return { rows: taken, more: false };
}
