import { latin1Of, type Headers, type LogRecord, noHeaders, toBytes } from '@millrace/log-client';
import type { BytesChange } from '../../bytes-store.ts';
import { face } from '../../face.ts';
import { ownHeaders } from '../../layers/header-block.ts';
import { ownBytes } from '../../layers/own-bytes.ts';
import { KeyMap, keyParts } from '../../layers/key-map.ts';
import { TimeIndex } from '../../layers/time-index.ts';
import { type Cell, WriteBack } from '../../layers/write-back.ts';
import { decodeChange, encodeChange, type StoredChange } from './layout.ts';
import { type KeyCodec, keyCodec, type ValueCodec, valueCodec } from '../../layers/codec.ts';
import type { ChangeList, StateStore } from '../../state-store.ts';
import type { ViewOptions } from '../../layers/view-options.ts';
import type { BufferSpec } from './spec.ts';
import { BackedView } from '../../layers/backed-view.ts';
import { type BufferedChange, type TimeOrderedBuffer, timeOrderedBufferMembers } from './store.ts';

interface BufferCell<K> extends Cell {
  readonly key: K;
  /** The serialised key, once it has been needed. */
  keyBytes: Uint8Array | undefined;
  /** What it counts for in the buffer's size. */
  bytes: number;
  /** The bytes store may have it. */
  stored: boolean;
  /** The changelog has it, or had it. */
  logged: boolean;
  /** The order among equal times; undefined once the change has been taken out. */
  time: number | undefined;
  timestamp: number;
  headers: Headers;
  /** Values as the codec keeps them; null for none. */
  newValue: unknown;
  oldValue: unknown;
  priorValue: unknown;
}

/** Waiting changes: all in memory, in the order of their times; on disk for a quick start. */
export class BufferView<K, V>
  extends BackedView<BufferCell<K>>
  implements StateStore, TimeOrderedBuffer<K, V>
{
  readonly streamTime = -1;
  readonly kind = 'time-ordered-buffer';
  readonly face: TimeOrderedBuffer<K, V>;
  readonly #keys: KeyCodec<K>;
  readonly #values: ValueCodec<V>;
  readonly #cells: KeyMap<K, BufferCell<K>>;
  readonly #byTime = new TimeIndex<BufferCell<K>>();
  protected readonly writeBack: WriteBack<BufferCell<K>>;
  #bytes = 0;

  constructor(spec: BufferSpec<K, V>, options: ViewOptions) {
    super(spec.name, options.backing);
    this.face = face<TimeOrderedBuffer<K, V>>(this, timeOrderedBufferMembers);
    this.#keys = keyCodec(spec);
    this.#cells = new KeyMap(keyParts(spec.key));
    this.#values = valueCodec(spec);
    this.writeBack = new WriteBack({
      ...options,
      encode: (cell) => this.#change(cell),
      evict: () => {},
      size: () => 0,
    });
  }

  #change(cell: BufferCell<K>): BytesChange {
    const value = this.#encode(cell);
    cell.stored = value !== undefined;
    return { key: this.#bytesOf(cell), value };
  }

  get size(): number {
    return this.#cells.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get minTime(): number | undefined {
    return this.#byTime.min;
  }

  load(): void | Promise<void> {
    return this.backing.openedEmpty ? undefined : this.#loadAll();
  }

  async #loadAll(): Promise<void> {
    for await (const [key, value] of this.backing.iterate({})) this.#place(key, decodeChange(value));
  }

  put(time: number, change: BufferedChange<K, V>, bytes = 0): void {
    const { key, newValue, oldValue, timestamp, headers } = change;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = emptyCell(key, undefined);
      cell.priorValue = oldValue === null ? null : this.#values.keep(oldValue);
      this.#add(cell, time);
    }
    this.#bytes += bytes - cell.bytes;
    cell.bytes = bytes;
    cell.timestamp = timestamp;
    cell.headers = ownHeaders(headers);
    cell.newValue = newValue === null ? null : this.#values.keep(newValue);
    cell.oldValue = oldValue === null ? null : this.#values.keep(oldValue);
    this.writeBack.changed(cell);
  }

  get(key: K): BufferedChange<K, V> | undefined {
    const cell = this.#cells.get(key);
    return cell === undefined ? undefined : this.#give(cell);
  }

  prior(key: K): { readonly value: V | null } | undefined {
    const cell = this.#cells.get(key);
    if (cell === undefined) return undefined;
    return { value: cell.priorValue === null ? null : this.#values.give(cell.priorValue, key) };
  }

  delete(key: K): void {
    const cell = this.#cells.get(key);
    if (cell !== undefined) this.#withdraw(cell);
  }

  #withdraw(cell: BufferCell<K>): void {
    this.#remove(cell);
    this.writeBack.changed(cell);
    // What came and went between two flushes never reaches the disk.
    if (!cell.stored) this.writeBack.gone(cell);
  }

  takeFirst(): BufferedChange<K, V> | undefined {
    const waiting = this.#byTime.first();
    return waiting === undefined ? undefined : this.#take(this.#inOrder(waiting)[0]!);
  }

  takeUntil(until: number, accept?: (key: K, time: number) => boolean): BufferedChange<K, V>[] {
    const taken: BufferedChange<K, V>[] = [];
    this.#byTime.visitUntil(until, (time, waiting) => {
      for (const cell of this.#inOrder(waiting)) {
        if (accept === undefined || accept(cell.key, time)) taken.push(this.#take(cell));
      }
    });
    return taken;
  }

  #take(cell: BufferCell<K>): BufferedChange<K, V> {
    const change = this.#give(cell);
    this.#withdraw(cell);
    return change;
  }

  /** By serialised key. Latin-1 texts compare as their bytes do, and much faster. */
  #inOrder(cells: ReadonlySet<BufferCell<K>>): BufferCell<K>[] {
    if (cells.size === 1) return [...cells];
    return [...cells]
      .map((cell) => ({ cell, order: latin1Of(this.#bytesOf(cell)) }))
      .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
      .map(({ cell }) => cell);
  }

  #give({ key, newValue, oldValue, timestamp, headers }: BufferCell<K>): BufferedChange<K, V> {
    return {
      key,
      newValue: newValue === null ? null : this.#values.give(newValue, key),
      oldValue: oldValue === null ? null : this.#values.give(oldValue, key),
      timestamp,
      headers,
    };
  }

  #bytesOf(cell: BufferCell<K>): Uint8Array {
    cell.keyBytes ??= toBytes(this.#keys.written(cell.key));
    return cell.keyBytes;
  }

  #encode({ time, timestamp, headers, newValue, oldValue, priorValue }: BufferCell<K>): Buffer | undefined {
    if (time === undefined) return undefined;
    return encodeChange({
      time,
      timestamp,
      headers,
      newValue: newValue === null ? null : this.#values.encode(newValue),
      oldValue: oldValue === null ? null : this.#values.encode(oldValue),
      priorValue: priorValue === null ? null : this.#values.encode(priorValue),
    });
  }

  /** Takes in what disk or changelog say of a key; undefined: nothing waits for it. */
  #place(bytes: Uint8Array, change: StoredChange | undefined): BufferCell<K> {
    const keyBytes = ownBytes(bytes);
    const key = this.#keys.read(keyBytes);
    const old = this.#cells.get(key);
    if (old !== undefined) this.#remove(old);
    const cell = emptyCell(key, keyBytes);
    if (change === undefined) return cell;
    const { newValue, oldValue, priorValue, timestamp, headers } = change;
    cell.timestamp = timestamp;
    cell.headers = headers;
    cell.newValue = newValue === null ? null : this.#values.decode(newValue, keyBytes);
    cell.oldValue = oldValue === null ? null : this.#values.decode(oldValue, keyBytes);
    cell.priorValue = priorValue === null ? null : this.#values.decode(priorValue, keyBytes);
    cell.bytes = keyBytes.length + (newValue?.length ?? 0) + (oldValue?.length ?? 0);
    this.#bytes += cell.bytes;
    this.#add(cell, change.time);
    return cell;
  }

  #add(cell: BufferCell<K>, time: number): void {
    cell.time = time;
    this.#cells.add(cell.key, cell);
    this.#byTime.add(time, cell);
  }

  #remove(cell: BufferCell<K>): void {
    this.#cells.delete(cell.key);
    this.#bytes -= cell.bytes;
    if (cell.time !== undefined) this.#byTime.delete(cell.time, cell);
    cell.time = undefined;
  }

  takeChanges(into?: ChangeList): void {
    const cells = this.writeBack.takeUncommitted();
    if (into === undefined) return;
    for (const cell of cells) {
      const value = this.#encode(cell) ?? null;
      // What came and went since the last commit was never there.
      if (value === null && !cell.logged) continue;
      cell.logged = true;
      into.push({ key: this.#bytesOf(cell), value, timestamp: cell.timestamp, headers: noHeaders });
    }
  }

  restore({ key, value }: LogRecord): void {
    if (key === null) return;
    this.writeBack.restored(this.#place(key, value === null ? undefined : decodeChange(value)));
  }
}

function emptyCell<K>(key: K, keyBytes: Uint8Array | undefined): BufferCell<K> {
  return {
    key,
    keyBytes,
    bytes: 0,
    stored: keyBytes !== undefined,
    logged: keyBytes !== undefined,
    time: undefined,
    timestamp: 0,
    headers: noHeaders,
    newValue: null,
    oldValue: null,
    priorValue: null,
    uncommitted: false,
    unflushed: false,
  };
}
