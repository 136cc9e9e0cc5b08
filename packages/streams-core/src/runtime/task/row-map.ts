import { keyCodec, type StoreSpec } from '@millrace/state-stores';
import type { Windowed } from '../../record.ts';

/** Something for each row of a table. */
export interface RowMap<T> {
  readonly size: number;
  get(key: unknown): T | undefined;
  /** Of a row that has nothing yet. */
  set(key: unknown, row: T): void;
  clear(): void;
}

export function isWindowed({ kind }: StoreSpec): boolean {
  return kind === 'window' || kind === 'session';
}

export function rowMap<T>(spec: StoreSpec): RowMap<T> {
  const { mapKey } = keyCodec(spec.key);
  if (spec.kind === 'window') return new WindowedRows(mapKey);
  if (spec.kind !== 'session') return new PlainRows(mapKey);
  return new PlainRows((key) => {
    const { key: inner, window } = key as Windowed<unknown>;
    return `${window.start} ${window.end} ${String(mapKey(inner))}`;
  });
}

class PlainRows<T> implements RowMap<T> {
  readonly #mapKey: (key: unknown) => unknown;
  readonly #rows = new Map<unknown, T>();

  constructor(mapKey: (key: unknown) => unknown) {
    this.#mapKey = mapKey;
  }

  get size(): number {
    return this.#rows.size;
  }

  get(key: unknown): T | undefined {
    return this.#rows.get(this.#mapKey(key));
  }

  set(key: unknown, row: T): void {
    this.#rows.set(this.#mapKey(key), row);
  }

  clear(): void {
    this.#rows.clear();
  }
}

/** By a window's start, which says its end too, then by key: quicker than a text of both, made and hashed for each record. */
class WindowedRows<T> implements RowMap<T> {
  readonly #mapKey: (key: unknown) => unknown;
  readonly #windows = new Map<number, Map<unknown, T>>();
  size = 0;

  constructor(mapKey: (key: unknown) => unknown) {
    this.#mapKey = mapKey;
  }

  get(key: unknown): T | undefined {
    const { key: inner, window } = key as Windowed<unknown>;
    return this.#windows.get(window.start)?.get(this.#mapKey(inner));
  }

  set(key: unknown, row: T): void {
    const { key: inner, window } = key as Windowed<unknown>;
    let rows = this.#windows.get(window.start);
    if (rows === undefined) this.#windows.set(window.start, (rows = new Map()));
    rows.set(this.#mapKey(inner), row);
    this.size++;
  }

  clear(): void {
    this.#windows.clear();
    this.size = 0;
  }
}
