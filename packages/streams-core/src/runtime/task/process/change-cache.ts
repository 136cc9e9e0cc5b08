import type { StoreSpec } from '@millrace/state-stores';
import type { KeyMap } from '@millrace/state-stores/runtime';
import type { Change, Forward, StreamRecord, Windowed } from '../../../record/record.ts';
import { sequence } from '../../../record/sequence.ts';
import { isWindowed, rowMap } from './row-map.ts';

type ChangeRecord = StreamRecord<unknown, Change<unknown>>;

/** How much all caches of an instance may hold, and about how much they do. In bytes. */
export interface CacheBudget {
  readonly maxBytes: number;
  usedBytes: number;
}

/** A budget of this many bytes; undefined for 0. */
export function cacheBudget(maxBytes: number): CacheBudget | undefined {
  return maxBytes > 0 ? { maxBytes, usedBytes: 0 } : undefined;
}

/** One change in this many is serialised, to estimate their size. */
const sampleEvery = 64;
/** Rough bytes of a waiting change beyond its key and values. */
const entryBytes = 100;

export interface ChangeCacheOptions {
  /** The store of the table whose changes these are. */
  readonly spec: StoreSpec;
  readonly sendOldValues: boolean;
  readonly forward: Forward;
  readonly budget: CacheBudget;
}

/** A row whose last change waits, in a list by the order of the last changes. */
interface WaitingRow {
  record: ChangeRecord;
  /** From before the first change that waits. */
  readonly oldValue: unknown;
  before: WaitingRow | undefined;
  after: WaitingRow | undefined;
}

/**
 * The changes of a table that wait for the next commit: of each row the last one, with the value from before
 * the first. A row that was not there before and is not there now is not sent at all. Sizes are estimated
 * from samples (Kafka Streams: NamedCache, CachingKeyValueStore).
 */
export class ChangeCache {
  readonly #options: ChangeCacheOptions;
  readonly #rows: KeyMap<unknown, WaitingRow>;
  #first: WaitingRow | undefined;
  #last: WaitingRow | undefined;
  #puts = 0;
  #averageBytes = entryBytes;
  #usedBytes = 0;

  constructor(options: ChangeCacheOptions) {
    this.#options = options;
    this.#rows = rowMap(options.spec);
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  put(record: ChangeRecord): void | Promise<void> {
    if (this.#puts++ % sampleEvery === 0) this.#sample(record);
    const row = this.#rows.get(record.key);
    if (row === undefined) {
      const oldValue = record.value.oldValue;
      const added = { record, oldValue, before: undefined, after: undefined };
      this.#rows.add(record.key, added);
      this.#append(added);
      this.#account();
    } else {
      row.record = record;
      // The last to change is the last to go.
      if (row !== this.#last) {
        this.#unlink(row);
        this.#append(row);
      }
    }
    const { budget } = this.#options;
    if (budget.usedBytes > budget.maxBytes) return this.flush();
  }

  #append(row: WaitingRow): void {
    row.before = this.#last;
    row.after = undefined;
    if (this.#last === undefined) this.#first = row;
    else this.#last.after = row;
    this.#last = row;
  }

  #unlink({ before, after }: WaitingRow): void {
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after !== undefined) after.before = before;
  }

  /** Sends everything on, in the order of the latest changes. */
  flush(): void | Promise<void> {
    const rows: WaitingRow[] = [];
    for (let row = this.#first; row !== undefined; row = row.after) rows.push(row);
    this.#rows.clear();
    this.#first = undefined;
    this.#last = undefined;
    this.#account();
    const { forward, sendOldValues } = this.#options;
    return sequence(rows.length, (index) => {
      const { record, oldValue } = rows[index]!;
      const { key, value, timestamp, headers } = record;
      const { newValue } = value;
      if (newValue === null && oldValue === null) return;
      const sent = sendOldValues ? oldValue : null;
      if (value.oldValue === sent) return forward(record);
      return forward({ key, value: { newValue, oldValue: sent }, timestamp, headers });
    });
  }

  #account(): void {
    const used = this.#rows.size * this.#averageBytes;
    this.#options.budget.usedBytes += used - this.#usedBytes;
    this.#usedBytes = used;
  }

  #sample({ key, value: { newValue } }: ChangeRecord): void {
    const { spec } = this.#options;
    const inner = isWindowed(spec) ? (key as Windowed<unknown>).key : key;
    const valueBytes = newValue === null ? 0 : spec.value.serialize(newValue).length;
    const size = entryBytes + spec.key.serialize(inner).length + valueBytes;
    this.#averageBytes = this.#puts === 1 ? size : (this.#averageBytes * 7 + size) / 8;
  }
}
