import { type LogRecord, noHeaders, type ProducerRecord } from '@millrace/log-client';
import type { BytesChange, BytesStore, Checkpoint } from '../bytes-store.ts';
import { type Cell, WriteBack } from '../layers/write-back.ts';
import { decodeChange, encodeChange, type StoredChange } from '../layout/buffered-change.ts';
import { type KeyCodec, keyCodec } from '../layout/codec.ts';
import type { StateStore } from '../state-store.ts';
import type { StoreSpec } from '../store-spec.ts';
import type { BufferedChange, TimeOrderedBuffer } from '../time-ordered-buffer.ts';

interface BufferCell extends Cell {
  readonly mapKey: unknown;
  readonly keyBytes: Uint8Array;
  /** Undefined once the change has been taken out. */
  change: StoredChange | undefined;
}

/** Waiting changes: all in memory, in the order of their times; on disk for a quick start. */
export class BufferView<K, V> implements StateStore, TimeOrderedBuffer<K, V> {
  readonly name: string;
  readonly streamTime = -1;
  readonly #spec: StoreSpec<K, V>;
  readonly #keys: KeyCodec<K>;
  readonly #backing: BytesStore;
  readonly #cells = new Map<unknown, BufferCell>();
  readonly #byTime = new Map<number, Set<BufferCell>>();
  /** A binary heap of the times in `#byTime`, the smallest first. */
  readonly #times: number[] = [];
  readonly #writeBack: WriteBack<BufferCell>;

  constructor(spec: StoreSpec<K, V>, backing: BytesStore) {
    this.name = spec.name;
    this.#spec = spec;
    this.#keys = keyCodec(spec.key);
    this.#backing = backing;
    this.#writeBack = new WriteBack({
      backing,
      encode: (cell): BytesChange => ({
        key: cell.keyBytes,
        value: cell.change === undefined ? undefined : encodeChange(cell.change),
      }),
      evict: () => {},
      size: () => 0,
    });
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#backing.checkpoint;
  }

  get size(): number {
    return this.#cells.size;
  }

  get minTime(): number | undefined {
    return this.#times[0];
  }

  load(): void | Promise<void> {
    return this.#backing.checkpoint === undefined ? undefined : this.#loadAll();
  }

  async #loadAll(): Promise<void> {
    for await (const [key, value] of this.#backing.iterate({})) this.#place(key, decodeChange(value));
  }

  put(time: number, { key, newValue, oldValue, timestamp, headers }: BufferedChange<K, V>): void {
    const { value: serde } = this.#spec;
    const mapKey = this.#keys.mapKey(key);
    const waiting = this.#cells.get(mapKey);
    const change: StoredChange = {
      time: waiting?.change?.time ?? time,
      timestamp,
      newValue: newValue === null ? null : serde.serialize(newValue),
      oldValue: oldValue === null ? null : serde.serialize(oldValue),
      headers,
    };
    if (waiting !== undefined) {
      waiting.change = change;
      this.#writeBack.changed(waiting);
    } else {
      this.#writeBack.changed(this.#add(mapKey, this.#spec.key.serialize(key), change));
    }
  }

  takeUntil(until: number): BufferedChange<K, V>[] {
    const taken: BufferedChange<K, V>[] = [];
    while (this.#times.length > 0 && this.#times[0]! <= until) {
      const time = popSmallest(this.#times);
      const cells = [...this.#byTime.get(time)!].sort((a, b) => Buffer.compare(a.keyBytes, b.keyBytes));
      this.#byTime.delete(time);
      for (const cell of cells) {
        taken.push(this.#give(cell));
        cell.change = undefined;
        this.#cells.delete(cell.mapKey);
        this.#writeBack.changed(cell);
      }
    }
    return taken;
  }

  #give({ keyBytes, change }: BufferCell): BufferedChange<K, V> {
    const { key, value } = this.#spec;
    const { newValue, oldValue, timestamp, headers } = change!;
    return {
      key: key.deserialize(keyBytes),
      newValue: newValue === null ? null : value.deserialize(newValue),
      oldValue: oldValue === null ? null : value.deserialize(oldValue),
      timestamp,
      headers,
    };
  }

  #place(keyBytes: Uint8Array, change: StoredChange | undefined): BufferCell {
    const mapKey = this.#keys.mapKey(this.#spec.key.deserialize(keyBytes));
    const old = this.#cells.get(mapKey);
    if (old !== undefined) this.#remove(old);
    if (change !== undefined) return this.#add(mapKey, keyBytes, change);
    return { mapKey, keyBytes, change, uncommitted: false, unflushed: false };
  }

  #add(mapKey: unknown, keyBytes: Uint8Array, change: StoredChange): BufferCell {
    const cell: BufferCell = { mapKey, keyBytes, change, uncommitted: false, unflushed: false };
    this.#cells.set(mapKey, cell);
    let cells = this.#byTime.get(change.time);
    if (cells === undefined) {
      cells = new Set();
      this.#byTime.set(change.time, cells);
      pushTime(this.#times, change.time);
    }
    cells.add(cell);
    return cell;
  }

  /** Takes a cell out of the order; its time may stay behind with nothing in it. */
  #remove(cell: BufferCell): void {
    this.#cells.delete(cell.mapKey);
    this.#byTime.get(cell.change!.time)?.delete(cell);
  }

  takeChanges(): ProducerRecord[] {
    const records: ProducerRecord[] = [];
    for (const { keyBytes, change } of this.#writeBack.takeUncommitted()) {
      const value = change === undefined ? null : encodeChange(change);
      records.push({ key: keyBytes, value, timestamp: change?.timestamp ?? 0, headers: noHeaders });
    }
    return records;
  }

  restore({ key, value }: LogRecord): void {
    if (key === null) return;
    this.#writeBack.restored(this.#place(key, value === null ? undefined : decodeChange(value)));
  }

  committed(checkpoint: Checkpoint | undefined, now: number): void {
    this.#writeBack.afterCommit(checkpoint, now);
  }

  flush(checkpoint: Checkpoint | undefined): void | Promise<void> {
    return this.#writeBack.flush(checkpoint);
  }

  close(): void | Promise<void> {
    const settled = this.#writeBack.settle();
    return settled === undefined ? this.#backing.close() : settled.then(() => this.#backing.close());
  }
}

function pushTime(heap: number[], time: number): void {
  heap.push(time);
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= heap[at]!) break;
    [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
    at = parent;
  }
}

function popSmallest(heap: number[]): number {
  const smallest = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return smallest;
  heap[0] = last;
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    if (left >= heap.length) break;
    const child = left + 1 < heap.length && heap[left + 1]! < heap[left]! ? left + 1 : left;
    if (heap[at]! <= heap[child]!) break;
    [heap[child], heap[at]] = [heap[at]!, heap[child]!];
    at = child;
  }
  return smallest;
}
