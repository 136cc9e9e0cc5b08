import { type Bytes, type Headers, type LogRecord, noHeaders, toBytes } from '@millrace/log-client';
import type { BytesChange, BytesRange } from '../../bytes-store.ts';
import { face } from '../../face.ts';
import {
  type KeyValueStore,
  type RangeOptions,
  type TimestampedKeyValueStore,
  timestampedKeyValueStoreMembers,
  type ValueAndTimestamp,
} from './store.ts';
import { keyRange, overlay, prefixRange } from '../../layers/merge.ts';
import { type Cell, largeGrowth, largeWeight, valueWeight, WriteBack } from '../../layers/write-back.ts';
import { type KeyCodec, keyCodec, noMapKey, type ValueCodec, valueCodec } from '../../layers/codec.ts';
import { ownHeaders } from '../../layers/header-block.ts';
import { decodeRow, encodeRow } from './layout.ts';
import type { ChangeList, StateStore } from '../../state-store.ts';
import type { ViewOptions } from '../../layers/view-options.ts';
import type { KeyValueSpec } from './spec.ts';
import { BackedView } from '../../layers/backed-view.ts';
import type { RowStore } from '../row-store.ts';
import type { Isolation, KeyValueQueries, StoreRow } from '../store-queries.ts';
import { KeyValueFacade } from './face.ts';

/** What changes of a cell. */
interface ValueState {
  /** The value as the codec keeps it; undefined where there is none. */
  kept: unknown;
  timestamp: number;
  headers: Headers;
}

interface ValueCell extends Cell, ValueState {
  readonly key: unknown;
  /** The key as it is written. */
  readonly writtenKey: Bytes;
}

type StateOf = (cell: ValueCell) => ValueState;

const latest: StateOf = (cell) => cell;
const missing: ValueState = { kept: undefined, timestamp: -1, headers: noHeaders };

/** Values with timestamps by key: what every key-value store is underneath. */
export class KeyValueView<K, V> extends BackedView<ValueCell, ValueState> implements StateStore {
  readonly streamTime = -1;
  readonly kind = 'key-value';
  readonly face: KeyValueStore<K, V>;
  readonly rows: RowStore<K, V> = this;
  readonly timestamped = face<TimestampedKeyValueStore<K, V>>(this, timestampedKeyValueStoreMembers);
  readonly #keys: KeyCodec<K>;
  readonly #values: ValueCodec<V>;
  readonly #keepsHeaders: boolean;
  readonly #cells = new Map<unknown, ValueCell>();
  protected readonly writeBack: WriteBack<ValueCell, ValueState>;
  /** What the values of all cells weigh. */
  #valuesWeight = 0;
  /** What was looked up last: most records that change a row have read it just before. */
  #lastKey: unknown = noMapKey;
  #lastCell: ValueCell | undefined;

  constructor(spec: KeyValueSpec<K, V>, options: ViewOptions) {
    super(spec.name, options.backing);
    this.face = new KeyValueFacade(this, { headers: () => noHeaders, ...options });
    this.#keys = keyCodec(spec);
    this.#values = valueCodec(spec);
    this.#keepsHeaders = spec.keepsHeaders ?? false;
    this.writeBack = new WriteBack({
      ...options,
      encode: (cell) => this.#encode(cell, cell),
      evict: (keep) => this.#evict(keep),
      size: () => this.#weight,
      large: ({ kept }) => largeWeight(kept),
      copy: ({ kept, timestamp, headers }) => ({ kept, timestamp, headers }),
    });
  }

  get #weight(): number {
    return this.#cells.size + this.#valuesWeight;
  }

  load(): void {}

  get(key: K): ValueAndTimestamp<V> | undefined {
    const mapKey = this.#keys.mapKey(key);
    const cell = this.#cell(mapKey, key);
    this.#lastKey = mapKey;
    this.#lastCell = cell;
    if (cell.kept === undefined) return undefined;
    const value = this.#values.give(cell.kept, key);
    const { timestamp, headers } = cell;
    return this.#keepsHeaders ? { value, timestamp, headers } : { value, timestamp };
  }

  /** Every row is the latest: what comes last counts, whatever its timestamp. */
  put(key: K, value: V | null | undefined, timestamp: number, headers: Headers = noHeaders): 'latest' {
    const mapKey = this.#keys.mapKey(key);
    const cell = mapKey === this.#lastKey ? this.#lastCell! : this.#cell(mapKey, key);
    this.writeBack.changing(cell);
    const grown = this.#keep(
      cell,
      value === null || value === undefined ? undefined : this.#values.keep(value),
    );
    cell.timestamp = timestamp;
    if (this.#keepsHeaders) cell.headers = cell.kept === undefined ? noHeaders : ownHeaders(headers);
    this.writeBack.changed(cell, grown);
    return 'latest';
  }

  /** Returns by how much a large value weighs more. */
  #keep(cell: ValueCell, kept: unknown): number {
    this.#valuesWeight += valueWeight(kept) - valueWeight(cell.kept);
    const grown = largeGrowth(cell.kept, kept);
    cell.kept = kept;
    return grown;
  }

  #cell(mapKey: unknown, key: K): ValueCell {
    return this.#cells.get(mapKey) ?? this.#readCell(mapKey, this.#keys.written(key));
  }

  /** Brings a key into memory; that a key is not there is worth remembering too. */
  #readCell(mapKey: unknown, writtenKey: Bytes): ValueCell {
    const cell = {
      key: mapKey,
      writtenKey,
      ...this.#stored(writtenKey),
      uncommitted: false,
      unflushed: false,
    };
    this.#cells.set(mapKey, cell);
    this.#valuesWeight += valueWeight(cell.kept);
    return cell;
  }

  #stored(key: Bytes): ValueState {
    const bytes = this.writeBack.neverFlushed ? undefined : this.backing.get(toBytes(key));
    if (bytes === undefined) return missing;
    const { value, timestamp, headers } = decodeRow(bytes);
    return { kept: this.#values.decode(value, key), timestamp, headers: this.#wanted(headers) };
  }

  /** What was kept before the spec said not to goes with the next change. */
  #wanted(headers: Headers): Headers {
    return this.#keepsHeaders ? headers : noHeaders;
  }

  #encode({ writtenKey }: ValueCell, { kept, timestamp, headers }: ValueState): BytesChange {
    const key = toBytes(writtenKey);
    if (kept === undefined) return { key, value: undefined };
    return { key, value: encodeRow({ value: this.#values.encode(kept), timestamp, headers }) };
  }

  #evict(keep: number): void {
    this.#lastKey = noMapKey;
    this.#lastCell = undefined;
    for (const [mapKey, cell] of this.#cells) {
      if (this.#weight <= keep) break;
      if (cell.unflushed) continue;
      this.#cells.delete(mapKey);
      this.#valuesWeight -= valueWeight(cell.kept);
    }
  }

  /** Entries in the order of serialised keys. */
  async *range(options: RangeOptions<K> = {}): AsyncIterableIterator<readonly [K, ValueAndTimestamp<V>]> {
    yield* this.#entries(keyRange(this.#keys.serde, options));
  }

  async *prefixScan(prefix: Uint8Array): AsyncIterableIterator<readonly [K, ValueAndTimestamp<V>]> {
    yield* this.#entries(prefixRange(prefix));
  }

  async *#entries(range: BytesRange): AsyncIterableIterator<readonly [K, ValueAndTimestamp<V>]> {
    for await (const { key, keyBytes: _, ...row } of this.#scan(range, latest)) yield [key, row];
  }

  async *#scan(range: BytesRange, stateOf: StateOf): AsyncIterableIterator<StoreRow<K, V>> {
    await this.writeBack.settle();
    const changes = this.writeBack.unflushed.map((cell) => this.#encode(cell, stateOf(cell)));
    for await (const [keyBytes, bytes] of overlay(this.backing.iterate(range), changes, range)) {
      const { value, ...rest } = decodeRow(bytes);
      const kept = this.#values.decode(value, keyBytes);
      yield this.#row(this.#keys.read(keyBytes), keyBytes, { kept, ...rest });
    }
  }

  #row(key: K, keyBytes: Uint8Array, { kept, timestamp, headers }: ValueState): StoreRow<K, V> {
    const value = this.#values.give(kept, key);
    return this.#keepsHeaders
      ? { key, keyBytes, value, timestamp, headers }
      : { key, keyBytes, value, timestamp };
  }

  queries(isolation: Isolation): KeyValueQueries<K, V> {
    const committed: StateOf = (cell) => this.writeBack.committedState(cell);
    const stateOf = isolation === 'committed' ? committed : latest;
    return {
      kind: 'key-value',
      keyBytes: (key) => this.#keys.serde.serialize(key),
      get: (key) => {
        const cell = this.#cells.get(this.#keys.mapKey(key));
        const keyBytes = this.#keys.serde.serialize(key);
        const state = cell === undefined ? this.#stored(keyBytes) : stateOf(cell);
        return state.kept === undefined ? undefined : this.#row(key, keyBytes, state);
      },
      range: (options) => this.#scan(keyRange(this.#keys.serde, options), stateOf),
      prefixScan: (prefix, options) => this.#scan({ ...prefixRange(prefix), ...options }, stateOf),
      watch: (watcher) =>
        this.writeBack.watch((changed) =>
          watcher(
            [...changed.keys()].map((cell) => {
              const state = committed(cell);
              const keyBytes = toBytes(cell.writtenKey);
              const key = this.#keys.read(keyBytes);
              if (state.kept !== undefined) return this.#row(key, keyBytes, state);
              return { key, keyBytes, value: undefined, timestamp: state.timestamp };
            }),
          ),
        ),
    };
  }

  takeChanges(into?: ChangeList): void {
    const cells = this.writeBack.takeUncommitted();
    if (into === undefined) return;
    for (const { writtenKey, kept, timestamp, headers } of cells) {
      const value = kept === undefined ? null : this.#values.log(kept);
      into.push({ key: writtenKey, value, timestamp, headers });
    }
  }

  restore({ key, value, timestamp, headers }: LogRecord): void {
    if (key === null) return;
    const read = this.#keys.read(key);
    const mapKey = this.#keys.mapKey(read);
    let cell = this.#cells.get(mapKey);
    if (cell === undefined) {
      const writtenKey = this.#keys.rewritten(read, key);
      cell = { key: mapKey, writtenKey, ...missing, uncommitted: false, unflushed: false };
      this.#cells.set(mapKey, cell);
    }
    const grown = this.#keep(cell, value === null ? undefined : this.#values.decode(value, key));
    cell.timestamp = timestamp;
    cell.headers = value === null ? noHeaders : ownHeaders(this.#wanted(headers));
    this.writeBack.restored(cell, grown);
  }
}
