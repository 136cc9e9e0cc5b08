import { type Bytes, type LogRecord, noHeaders, toBytes } from '@millrace/log-client';
import type { BytesChange } from '../../bytes-store.ts';
import { face } from '../../face.ts';
import type { RangeOptions, ValueAndTimestamp } from '../key-value/store.ts';
import { keyRange, overlay } from '../../layers/merge.ts';
import {
  bareEntryWeight,
  type Cell,
  largeGrowth,
  largeWeightOf,
  valueWeight,
  WriteBack,
} from '../../layers/write-back.ts';
import { type KeyCodec, keyCodec, type ValueCodec, valueCodec } from '../../layers/codec.ts';
import { decodeVersions, encodeVersions } from './layout.ts';
import type { ChangeList, StateStore } from '../../state-store.ts';
import type { ViewOptions } from '../../layers/view-options.ts';
import type { RowStore } from '../row-store.ts';
import type { Isolation, StoreRow, VersionedQueries } from '../store-queries.ts';
import type { VersionedSpec } from './spec.ts';
import {
  type VersionedPut,
  type VersionedRecord,
  type VersionedStore,
  versionedStoreMembers,
} from './store.ts';
import { BackedView } from '../../layers/backed-view.ts';

interface Version {
  readonly timestamp: number;
  /** As the codec keeps it; undefined: from here on there was none. */
  kept: unknown;
  changed: boolean;
}

/** What changes of a cell. */
interface VersionState {
  readonly versions: Version[];
}

interface VersionCell extends Cell, VersionState {
  /** The key as it is written. */
  readonly writtenKey: Bytes;
}

type StateOf = (cell: VersionCell) => VersionState;

const latest: StateOf = (cell) => cell;

/** Values by key and time. A key's latest version stays for good, earlier ones for the history retention. */
export class VersionedView<K, V>
  extends BackedView<VersionCell, VersionState>
  implements StateStore, VersionedStore<K, V>
{
  /** In milliseconds. */
  readonly historyRetentionMs: number;
  streamTime: number;
  readonly kind = 'versioned';
  readonly face: VersionedStore<K, V>;
  /** As a table's rows: each with the time from which it was valid. */
  readonly rows: RowStore<K, V> = {
    get: (key, asOf) => this.#row(key, asOf),
    put: (key, value, timestamp) => this.put(key, value, timestamp),
  };
  readonly #keys: KeyCodec<K>;
  readonly #values: ValueCodec<V>;
  readonly #cells = new Map<unknown, VersionCell>();
  /** What the versions of all cells weigh. */
  #versionsWeight = 0;
  protected readonly writeBack: WriteBack<VersionCell, VersionState>;

  constructor(spec: VersionedSpec<K, V>, options: ViewOptions) {
    super(spec.name, options.backing);
    this.face = face<VersionedStore<K, V>>(this, versionedStoreMembers);
    this.historyRetentionMs = spec.historyRetentionMs;
    this.streamTime = options.backing.checkpoint?.streamTime ?? -1;
    this.#keys = keyCodec(spec);
    this.#values = valueCodec(spec);
    this.writeBack = new WriteBack({
      ...options,
      encode: (cell) => this.#encode(cell, cell),
      evict: (keep) => this.#evict(keep),
      size: () => this.#weight,
      large: ({ versions }) => largeWeightOf(versions),
      copy: ({ versions }) => ({ versions: versions.map((version) => ({ ...version })) }),
    });
  }

  get #weight(): number {
    return this.#cells.size + this.#versionsWeight;
  }

  load(): void {}

  get(key: K, asOf?: number): VersionedRecord<V> | undefined {
    return this.#validAt(this.#cell(key), asOf, key);
  }

  #validAt({ versions }: VersionState, asOf: number | undefined, key: K): VersionedRecord<V> | undefined {
    const last = versions.length - 1;
    if (asOf === undefined) return this.#record(versions, last, key);
    for (let at = last; at >= 0; at--) {
      if (versions[at]!.timestamp > asOf) continue;
      // Of what is past the retention only the latest can be relied upon to be there.
      return at < last && asOf < this.streamTime - this.historyRetentionMs
        ? undefined
        : this.#record(versions, at, key);
    }
    return undefined;
  }

  #row(key: K, asOf?: number): ValueAndTimestamp<V> | undefined {
    const found = this.get(key, asOf);
    return found === undefined ? undefined : { value: found.value, timestamp: found.validFrom };
  }

  #record(versions: readonly Version[], at: number, key: unknown): VersionedRecord<V> | undefined {
    const version = versions[at];
    if (version?.kept === undefined) return undefined;
    const value = this.#values.give(version.kept, key);
    return { value, validFrom: version.timestamp, validTo: versions[at + 1]?.timestamp };
  }

  versions(key: K, from: number, to: number): VersionedRecord<V>[] {
    return this.#within(this.#cell(key), { from, to }, key);
  }

  #within(
    { versions }: VersionState,
    { from, to }: { readonly from: number; readonly to: number },
    key: K,
  ): VersionedRecord<V>[] {
    const earliest = Math.max(from, this.streamTime - this.historyRetentionMs);
    return versions.flatMap((version, at) => {
      const next = versions[at + 1]?.timestamp ?? Number.POSITIVE_INFINITY;
      const since = next === Number.POSITIVE_INFINITY ? from : earliest;
      return version.timestamp > to || next <= since ? [] : (this.#record(versions, at, key) ?? []);
    });
  }

  put(key: K, value: V | null | undefined, timestamp: number): VersionedPut {
    if (timestamp < this.streamTime - this.historyRetentionMs) return 'expired';
    const cell = this.#cell(key);
    this.writeBack.changing(cell);
    const version = this.#place(cell, timestamp);
    const kept = value === null || value === undefined ? undefined : this.#values.keep(value);
    const grown = this.#keep(version, kept);
    version.changed = true;
    this.writeBack.changed(cell, grown);
    return version === cell.versions.at(-1) ? 'latest' : 'out-of-order';
  }

  delete(key: K, timestamp: number): VersionedRecord<V> | undefined {
    if (timestamp < this.streamTime - this.historyRetentionMs) return undefined;
    const existing = this.get(key, timestamp);
    this.put(key, undefined, timestamp);
    return existing;
  }

  /** The version of this time; a new one where there is none. Forgets what the retention has passed. */
  #place(cell: VersionCell, timestamp: number): Version {
    const { versions } = cell;
    if (timestamp > this.streamTime) this.streamTime = timestamp;
    const horizon = this.streamTime - this.historyRetentionMs;
    // The one that was valid at the horizon is still needed; changes that are not committed yet are due in
    // the changelog.
    while (versions.length > 1 && versions[1]!.timestamp <= horizon && !versions[0]!.changed) {
      const past = versions.shift()!;
      this.#versionsWeight -= versionWeight(past);
      this.writeBack.restored(cell, largeGrowth(past.kept, undefined));
    }
    let at = versions.length;
    while (at > 0 && versions[at - 1]!.timestamp > timestamp) at--;
    const existing = versions[at - 1];
    if (existing?.timestamp === timestamp) return existing;
    const version: Version = { timestamp, kept: undefined, changed: false };
    versions.splice(at, 0, version);
    this.#versionsWeight += versionWeight(version);
    return version;
  }

  /** Returns by how much a large value weighs more. */
  #keep(version: Version, kept: unknown): number {
    this.#versionsWeight += valueWeight(kept) - valueWeight(version.kept);
    const grown = largeGrowth(version.kept, kept);
    version.kept = kept;
    return grown;
  }

  #cell(key: K): VersionCell {
    const mapKey = this.#keys.mapKey(key);
    return this.#cells.get(mapKey) ?? this.#readCell(mapKey, this.#keys.written(key));
  }

  #readCell(mapKey: unknown, writtenKey: Bytes): VersionCell {
    const cell = { writtenKey, ...this.#stored(writtenKey), uncommitted: false, unflushed: false };
    this.#cells.set(mapKey, cell);
    for (const version of cell.versions) this.#versionsWeight += versionWeight(version);
    return cell;
  }

  #stored(key: Bytes): VersionState {
    const bytes = this.writeBack.neverFlushed ? undefined : this.backing.get(toBytes(key));
    return { versions: bytes === undefined ? [] : this.#decode(bytes, key) };
  }

  #decode(bytes: Uint8Array, key: Bytes): Version[] {
    return decodeVersions(bytes).map(({ timestamp, value }) => ({
      timestamp,
      kept: value === undefined ? undefined : this.#values.decode(value, key),
      changed: false,
    }));
  }

  #encode({ writtenKey }: VersionCell, { versions }: VersionState): BytesChange {
    const stored = versions.map(({ timestamp, kept }) => ({
      timestamp,
      value: kept === undefined ? undefined : this.#values.encode(kept),
    }));
    return { key: toBytes(writtenKey), value: encodeVersions(stored) };
  }

  #evict(keep: number): void {
    for (const [mapKey, cell] of this.#cells) {
      if (this.#weight <= keep) break;
      if (cell.unflushed) continue;
      this.#cells.delete(mapKey);
      for (const version of cell.versions) this.#versionsWeight -= versionWeight(version);
    }
  }

  /** The latest values of all keys in a range, in the order of serialised keys. */
  async *range(options: RangeOptions<K> = {}): AsyncIterableIterator<readonly [K, ValueAndTimestamp<V>]> {
    for await (const { key, value, timestamp } of this.#scan(options, latest))
      yield [key, { value, timestamp }];
  }

  async *#scan(options: RangeOptions<K>, stateOf: StateOf): AsyncIterableIterator<StoreRow<K, V>> {
    await this.writeBack.settle();
    const range = keyRange(this.#keys.serde, options);
    const changes = this.writeBack.unflushed.map((cell) => this.#encode(cell, stateOf(cell)));
    for await (const [keyBytes, bytes] of overlay(this.backing.iterate(range), changes, range)) {
      const last = this.#decode(bytes, keyBytes).at(-1);
      if (last?.kept === undefined) continue;
      const value = this.#values.give(last.kept, keyBytes);
      yield { key: this.#keys.read(keyBytes), keyBytes, value, timestamp: last.timestamp };
    }
  }

  queries(isolation: Isolation): VersionedQueries<K, V> {
    const committed: StateOf = (cell) => this.writeBack.committedState(cell);
    const stateOf = isolation === 'committed' ? committed : latest;
    const peek = (key: K): VersionState => {
      const cell = this.#cells.get(this.#keys.mapKey(key));
      return cell === undefined ? this.#stored(this.#keys.serde.serialize(key)) : stateOf(cell);
    };
    return {
      kind: 'versioned',
      keyBytes: (key) => this.#keys.serde.serialize(key),
      get: (key, asOf) => this.#validAt(peek(key), asOf, key),
      versions: (key, from, to) => this.#within(peek(key), { from, to }, key),
      range: (options) => this.#scan(options, stateOf),
      watch: (watcher) =>
        this.writeBack.watch((changed) =>
          watcher(
            [...changed.keys()].map((cell) => {
              const keyBytes = toBytes(cell.writtenKey);
              const key = this.#keys.read(keyBytes);
              const last = committed(cell).versions.at(-1);
              const value = last?.kept === undefined ? undefined : this.#values.give(last.kept, key);
              return { key, keyBytes, value, timestamp: last?.timestamp ?? -1 };
            }),
          ),
        ),
    };
  }

  takeChanges(into?: ChangeList): void {
    for (const { writtenKey, versions } of this.writeBack.takeUncommitted()) {
      for (const version of versions) {
        if (!version.changed) continue;
        version.changed = false;
        const value = version.kept === undefined ? null : this.#values.encode(version.kept);
        into?.push({ key: writtenKey, value, timestamp: version.timestamp, headers: noHeaders });
      }
    }
  }

  /** Takes every version in, whatever its age: only what was accepted is in the changelog. */
  restore({ key, value, timestamp }: LogRecord): void {
    if (key === null) return;
    const cell = this.#cell(this.#keys.read(key));
    const kept = value === null ? undefined : this.#values.decode(value, key);
    this.writeBack.restored(cell, this.#keep(this.#place(cell, timestamp), kept));
  }
}

function versionWeight({ kept }: Version): number {
  return bareEntryWeight + valueWeight(kept);
}
