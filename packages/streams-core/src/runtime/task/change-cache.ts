import { keyCodec, type StoreSpec } from '@millrace/state-stores';
import type { Change, Forward, StreamRecord, Windowed } from '../../record.ts';
import { sequence } from '../../sequence.ts';

type ChangeRecord = StreamRecord<unknown, Change<unknown>>;

/** How much all caches of an instance may hold, and about how much they do. In bytes. */
export interface CacheBudget {
  readonly maxBytes: number;
  usedBytes: number;
}

/** A budget of so many bytes; none where that is nothing. */
export function cacheBudget(maxBytes: number): CacheBudget | undefined {
  return maxBytes > 0 ? { maxBytes, usedBytes: 0 } : undefined;
}

/** Every so many changes one is serialised, to know about how large they are. */
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

/**
 * The changes of a table that wait for the next commit: of each row the last one, with the value from before the first. A
 * row that was not there before and is not there now is not sent at all. Sizes are estimated from samples
 * (Kafka Streams: NamedCache, CachingKeyValueStore).
 */
export class ChangeCache {
  readonly #options: ChangeCacheOptions;
  readonly #mapKey: (key: unknown) => unknown;
  #waiting = new Map<unknown, ChangeRecord>();
  #puts = 0;
  #averageBytes = entryBytes;
  #usedBytes = 0;

  constructor(options: ChangeCacheOptions) {
    this.#options = options;
    this.#mapKey = rowKey(options.spec);
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  put(record: ChangeRecord): void | Promise<void> {
    if (this.#puts++ % sampleEvery === 0) this.#sample(record);
    const mapKey = this.#mapKey(record.key);
    const first = this.#waiting.get(mapKey);
    const { newValue } = record.value;
    // The last to change is the last to go.
    if (first !== undefined) this.#waiting.delete(mapKey);
    const oldValue = (first ?? record).value.oldValue;
    this.#waiting.set(mapKey, first === undefined ? record : { ...record, value: { newValue, oldValue } });
    this.#account();
    const { budget } = this.#options;
    if (budget.usedBytes > budget.maxBytes) return this.flush();
  }

  /** Sends everything on, in the order of the latest changes. */
  flush(): void | Promise<void> {
    const records = [...this.#waiting.values()];
    this.#waiting = new Map();
    this.#account();
    const { forward, sendOldValues } = this.#options;
    return sequence(records.length, (index) => {
      const record = records[index]!;
      const { newValue, oldValue } = record.value;
      if (newValue === null && oldValue === null) return;
      return forward(sendOldValues ? record : { ...record, value: { newValue, oldValue: null } });
    });
  }

  #account(): void {
    const used = this.#waiting.size * this.#averageBytes;
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

function isWindowed({ kind }: StoreSpec): boolean {
  return kind === 'window' || kind === 'session';
}

/** A row's key for a Map. */
function rowKey(spec: StoreSpec): (key: unknown) => unknown {
  const codec = keyCodec(spec.key);
  if (!isWindowed(spec)) return (key) => codec.mapKey(key);
  return (key) => {
    const { key: inner, window } = key as Windowed<unknown>;
    return `${window.start} ${window.end} ${String(codec.mapKey(inner))}`;
  };
}
