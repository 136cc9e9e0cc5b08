import { latin1Of } from '@millrace/log-client';
import {
  type BytesChange,
  type BytesRange,
  type BytesStore,
  type Checkpoint,
  compareBytes,
} from '../bytes-store.ts';

interface Entry {
  readonly key: Uint8Array;
  value: Uint8Array;
}

function mapKey(key: Uint8Array): string {
  return latin1Of(key);
}

/** Bytes in a map. Keys are put in order when someone asks for a range. */
export class MemoryStore implements BytesStore {
  readonly openedEmpty = true;
  checkpoint: Checkpoint | undefined;
  readonly #entries = new Map<string, Entry>();
  #sorted: Entry[] | undefined;

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(mapKey(key))?.value;
  }

  write(changes: readonly BytesChange[], checkpoint: Checkpoint | undefined): void {
    for (const { key, value } of changes) {
      const name = mapKey(key);
      const entry = this.#entries.get(name);
      if (value === undefined) {
        if (this.#entries.delete(name)) this.#sorted = undefined;
      } else if (entry !== undefined) {
        entry.value = value;
      } else {
        this.#entries.set(name, { key, value });
        this.#sorted = undefined;
      }
    }
    this.checkpoint = checkpoint ?? this.checkpoint;
  }

  async *iterate(range: BytesRange): AsyncIterableIterator<readonly [Uint8Array, Uint8Array]> {
    for (const { key, value } of this.#select(range)) yield [key, value];
  }

  clear(range: BytesRange): void {
    for (const { key } of this.#select(range)) this.#entries.delete(mapKey(key));
    this.#sorted = undefined;
  }

  #select({ from, to, reverse = false }: BytesRange): Entry[] {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => compareBytes(a.key, b.key));
    const selected = this.#sorted.filter(
      ({ key }) =>
        (from === undefined || compareBytes(key, from) >= 0) &&
        (to === undefined || compareBytes(key, to) < 0),
    );
    return reverse ? selected.reverse() : selected;
  }

  close(): void {}
}
