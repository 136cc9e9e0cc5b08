import type { KeyValueQueries, StoreRow, VersionedQueries } from '@millrace/state-stores/runtime';
import { TopologyError } from '../../errors.ts';
import type { QueryableKeyValueStore, RangeQuery, Row, TimeQuery } from './queryable-store.ts';
import { byKey, countOf, type StoreQuery } from './store-query.ts';

function rowOf({ key, value, timestamp, headers }: StoreRow<unknown, unknown>): Row<unknown, unknown> {
  return headers === undefined ? { key, value, timestamp } : { key, value, timestamp, headers };
}

/** Queries of a key-value store, versioned or not. */
export class KeyValueStoreQuery implements QueryableKeyValueStore<unknown, unknown> {
  readonly name: string;
  readonly #query: StoreQuery;
  readonly #isVersioned: boolean;

  constructor(query: StoreQuery) {
    this.name = query.name;
    this.#query = query;
    this.#isVersioned = query.partitions.spec.kind === 'versioned';
  }

  async get(key: unknown): Promise<unknown> {
    return (await this.getRow(key))?.value;
  }

  async getRow(
    key: unknown,
    { asOf }: { readonly asOf?: number } = {},
  ): Promise<Row<unknown, unknown> | undefined> {
    if (!this.#isVersioned) {
      if (asOf !== undefined) throw this.#unversioned('asOf');
      const { queries, ...copy } = await this.#query.find<KeyValueQueries<unknown, unknown>>(key);
      const found = queries.get(key);
      return found && { ...rowOf(found), key, ...copy };
    }
    const { queries, ...copy } = await this.#query.find<VersionedQueries<unknown, unknown>>(key);
    const found = queries.get(key, asOf);
    return found && { key, value: found.value, timestamp: found.validFrom, ...copy };
  }

  async versions(key: unknown, { from = 0, to = Number.MAX_SAFE_INTEGER }: Omit<TimeQuery, 'reverse'> = {}) {
    if (!this.#isVersioned) throw this.#unversioned('versions');
    return (await this.#versioned(key)).versions(key, from, to);
  }

  #versioned(key: unknown): Promise<VersionedQueries<unknown, unknown>> {
    return this.#query.at<VersionedQueries<unknown, unknown>>(key);
  }

  #unversioned(what: string): TopologyError {
    return new TopologyError(
      'TOPOLOGY_INVALID',
      `Store "${this.name}" is not versioned, so that ${what} means nothing: give its table a historyRetentionMs`,
    );
  }

  async *range({
    from,
    to,
    reverse = false,
  }: RangeQuery<unknown> = {}): AsyncIterableIterator<Row<unknown, unknown>> {
    const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), reverse };
    yield* this.#scan((queries) => queries.range(range), reverse);
  }

  all(): AsyncIterableIterator<Row<unknown, unknown>> {
    return this.range();
  }

  async *prefixScan(
    prefix: Uint8Array,
    { reverse = false }: { readonly reverse?: boolean } = {},
  ): AsyncIterableIterator<Row<unknown, unknown>> {
    if (this.#isVersioned) {
      throw new TopologyError('TOPOLOGY_INVALID', `Store "${this.name}" is versioned: scan a range of it`);
    }
    yield* this.#scan(
      (queries) => (queries as KeyValueQueries<unknown, unknown>).prefixScan(prefix, { reverse }),
      reverse,
    );
  }

  async *#scan(
    open: (
      queries: KeyValueQueries<unknown, unknown> | VersionedQueries<unknown, unknown>,
    ) => AsyncIterableIterator<StoreRow<unknown, unknown>>,
    reverse: boolean,
  ): AsyncIterableIterator<Row<unknown, unknown>> {
    for await (const row of this.#query.scan(open, reverse ? (a, b) => -byKey(a, b) : byKey))
      yield rowOf(row);
  }

  async approximateCount(): Promise<number> {
    return countOf(this.all());
  }
}
