import { KeyFilter } from './key-filter.ts';

/** So many look-ups in vain make a scan worth it. */
const missesBeforeScan = 1000;
/** A filter of fewer keys may be full of cleared ones: it is small. */
const fewKeys = 64_000;

/**
 * Knows which keys a folder may hold, so that most look-ups of keys that are not there never reach LevelDB.
 * A filter that is missing, or most of whose keys were cleared, is rebuilt by a scan in the background.
 */
export class StoredKeys {
  readonly #allKeys: () => AsyncIterable<Uint8Array>;
  /** Undefined while it is not known which keys there are. */
  #filter: KeyFilter | undefined;
  /** Takes in what is written while a scan is under way. */
  #next: KeyFilter | undefined;
  #scan: Promise<void> | undefined;
  #keysAfterScan: number;
  #misses = 0;
  #isClosed = false;
  readonly #writes = new Set<Promise<void>>();

  /** @param allKeys reads the folder, as it is when the first key is asked for */
  constructor(allKeys: () => AsyncIterable<Uint8Array>, filter: KeyFilter | undefined) {
    this.#allKeys = allKeys;
    this.#filter = filter;
    this.#keysAfterScan = filter?.keys ?? 0;
  }

  mayHave(key: Uint8Array): boolean {
    return this.#filter === undefined || this.#filter.mayHave(key);
  }

  /** A look-up went to LevelDB in vain. */
  missed(): void {
    const worthIt = missesBeforeScan + (this.#filter?.keys ?? 0) / 8;
    if (++this.#misses > worthIt) this.#rescan();
  }

  /** A key is about to be written. */
  add(key: Uint8Array): void {
    this.#filter?.add(key);
    this.#next?.add(key);
  }

  /** A write is under way: a scan that starts meanwhile waits for it. */
  writing(write: Promise<void>): void {
    const done = write.then(
      () => void this.#writes.delete(done),
      () => void this.#writes.delete(done),
    );
    this.#writes.add(done);
  }

  /** A range of keys is gone, and the filter does not know which. */
  cleared(): void {
    const keys = this.#filter?.keys ?? 0;
    if (keys > 2 * this.#keysAfterScan + fewKeys) this.#rescan();
  }

  #rescan(): void {
    if (this.#scan !== undefined || this.#isClosed) return;
    this.#misses = 0;
    this.#next = new KeyFilter();
    this.#scan = this.#readAll(this.#next)
      // A folder that cannot be read says so where records need it; here it only stays slow.
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        this.#scan = undefined;
      });
  }

  async #readAll(filter: KeyFilter): Promise<void> {
    // Later writes are in the filter already; those under way may not be in what the scan gets to see.
    await Promise.all(this.#writes);
    for await (const key of this.#allKeys()) {
      if (this.#isClosed) return;
      filter.add(key);
    }
    this.#filter = filter;
    this.#keysAfterScan = filter.keys;
    this.#misses = 0;
  }

  /** Ends what is under way. Returns the filter, where it is known to be complete. */
  async close(): Promise<KeyFilter | undefined> {
    this.#isClosed = true;
    await this.#scan;
    return this.#filter;
  }
}
