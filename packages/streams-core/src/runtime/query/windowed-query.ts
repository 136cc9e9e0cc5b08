import type { TimeSpan, WindowedQueries, WindowedStoreRow } from '@millrace/state-stores/runtime';
import type { Windowed } from '../../record/record.ts';
import type { QueryableWindowedStore, Row, TimeQuery } from './queryable-store.ts';
import { byKey, countOf, type StoreQuery } from './store-query.ts';

const byTime = (a: WindowedStoreRow<unknown, unknown>, b: WindowedStoreRow<unknown, unknown>): number =>
  a.end - b.end || a.start - b.start || byKey(a, b);

/** Queries of a window or session store. */
export class WindowedStoreQuery implements QueryableWindowedStore<unknown, unknown> {
  readonly name: string;
  readonly #query: StoreQuery;

  constructor(query: StoreQuery) {
    this.name = query.name;
    this.#query = query;
  }

  async get(
    key: unknown,
    { start, end }: { readonly start: number; readonly end?: number },
  ): Promise<unknown> {
    const rows = (await this.#at(key)).fetch(key, { from: start, to: start, reverse: false });
    return rows.find((row) => row.start === start && (end === undefined || row.end === end))?.value;
  }

  async fetch(key: unknown, span: TimeQuery = {}): Promise<readonly Row<Windowed<unknown>, unknown>[]> {
    return (await this.#at(key)).fetch(key, spanOf(span)).map(windowedRow);
  }

  #at(key: unknown): Promise<WindowedQueries<unknown, unknown>> {
    return this.#query.at<WindowedQueries<unknown, unknown>>(key);
  }

  async *fetchAll(query: TimeQuery = {}): AsyncIterableIterator<Row<Windowed<unknown>, unknown>> {
    const span = spanOf(query);
    const compare: typeof byTime = span.reverse ? (a, b) => -byTime(a, b) : byTime;
    const open = (queries: WindowedQueries<unknown, unknown>) => queries.fetchAll(span);
    for await (const row of this.#query.scan(open, compare)) yield windowedRow(row);
  }

  async approximateCount(): Promise<number> {
    return countOf(this.fetchAll());
  }
}

function spanOf({ from = 0, to = Number.MAX_SAFE_INTEGER, reverse = false }: TimeQuery): TimeSpan {
  return { from, to, reverse };
}

/** As users have it. */
export function windowedRow<V>({
  key,
  start,
  end,
  value,
  timestamp,
}: WindowedStoreRow<unknown, V>): Row<Windowed<unknown>, V> {
  return { key: { key, window: { start, end } }, value, timestamp };
}
