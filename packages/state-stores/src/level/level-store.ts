import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { emitWarning } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { allocateBytes, copyBytes } from '@millrace/log-client';
import type { Level } from 'level';
import type { BytesChange, BytesRange, BytesStore, Checkpoint } from '../bytes-store.ts';
import { isStoreError, type StoreError } from '../errors.ts';
import { assertWhole, causeOf, noteDamage, parseCheckpoint, storeError } from './damage.ts';
import { KeyFilter } from './key-filter.ts';
import { decodeSavedFilter, encodeSavedFilter } from './saved-filter.ts';
import { StoredKeys } from './stored-keys.ts';

/** Data keys carry a leading 1, so that the checkpoint at key 0 is none of them. */
const checkpointKey = Buffer.of(0);
/** Between the two: which keys there are, as of when the store was closed. */
const filterKey = Buffer.of(0, 1);
const dataPrefix = Buffer.of(1);
const dataEnd = Buffer.of(2);

/** What Level has on Node, and its types leave out for browsers. */
interface Measurable {
  approximateSize(start: Buffer, end: Buffer): Promise<number>;
}

const encoding = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;

function dataKey(key: Uint8Array): Buffer {
  const prefixed = allocateBytes(key.length + 1);
  prefixed[0] = 1;
  copyBytes(key, prefixed, 1);
  return prefixed;
}

/** How long to wait for a dying process to release a folder. */
const lockRetryMs = 100;
const lockRetries = 50;

export interface LevelStoreOptions {
  /**
   * What to do about damaged files: fail (default), or start empty, with a warning, for a changelog to fill.
   * Anything else that goes wrong, such as too many open files, always fails and leaves the folder as it is.
   */
  readonly whenDamaged?: 'fail' | 'empty';
}

/** What was found at opening. */
interface OpenedWith {
  readonly isEmpty: boolean;
  /** As it is on disk. */
  readonly checkpoint: Buffer | undefined;
  /** Undefined where it is not known which keys there are. */
  readonly filter: KeyFilter | undefined;
}

/** Bytes in a LevelDB folder of their own. Every write is one batch that also holds the checkpoint. */
export class LevelStore implements BytesStore {
  readonly #db: Level<Buffer, Buffer>;
  readonly #dir: string;
  readonly #keys: StoredKeys;
  readonly openedEmpty: boolean;
  checkpoint: Checkpoint | undefined;

  private constructor(db: Level<Buffer, Buffer>, dir: string, { isEmpty, checkpoint, filter }: OpenedWith) {
    this.#db = db;
    this.#dir = dir;
    this.openedEmpty = isEmpty;
    this.checkpoint = checkpoint === undefined ? undefined : parseCheckpoint(checkpoint, dir);
    this.#checkpointBytes = checkpoint;
    this.#keys = new StoredKeys(() => this.#allKeys(), isEmpty ? new KeyFilter() : filter);
  }

  /**
   * Opens the store in a folder, and makes the folder if it is not there.
   * @throws StoreError `STORE_LOCKED`, `STORE_CORRUPT`, `STORE_IO`
   */
  static async open(dir: string, { whenDamaged = 'fail' }: LevelStoreOptions = {}): Promise<LevelStore> {
    try {
      return await LevelStore.#openUnlocked(dir);
    } catch (error) {
      if (whenDamaged === 'fail' || !isStoreError(error, 'STORE_CORRUPT')) throw error;
      emitWarning(
        `The store in ${dir} is damaged and is rebuilt from its changelog: ${causeOf(error)}`,
        'MillraceWarning',
      );
      await rm(dir, { recursive: true, force: true });
      return LevelStore.#openUnlocked(dir);
    }
  }

  /**
   * Opens and closes the store in a folder, without waiting. @throws StoreError `STORE_LOCKED` where it is in
   * use
   */
  static async probe(dir: string): Promise<void> {
    const store = await LevelStore.#openOnce(dir);
    await store.close();
  }

  /** Waits a while for another process to release the folder. */
  static async #openUnlocked(dir: string): Promise<LevelStore> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await LevelStore.#openOnce(dir);
      } catch (error) {
        if (!isStoreError(error, 'STORE_LOCKED') || attempt >= lockRetries) throw error;
        if (attempt === 0) {
          emitWarning(
            `The store in ${dir} is open in another process or task: waiting up to ${(lockRetries * lockRetryMs) / 1000} s for it to be closed`,
            'MillraceWarning',
          );
        }
        await sleep(lockRetryMs);
      }
    }
  }

  static async #openOnce(dir: string): Promise<LevelStore> {
    let db: Level<Buffer, Buffer> | undefined;
    try {
      await mkdir(path.dirname(dir), { recursive: true, mode: 0o700 });
      await assertWhole(dir);
      // Loaded with the first store: a topology without one need not wait for it.
      const level = await import('level');
      db = new level.Level<Buffer, Buffer>(dir, encoding);
      await db.open();
      const checkpoint = db.getSync(checkpointKey);
      const saved = db.getSync(filterKey);
      // From now on it would not know of what is written.
      if (saved !== undefined) await db.del(filterKey);
      const isEmpty = (await db.keys({ limit: 1 }).all()).length === 0;
      return new LevelStore(db, dir, { isEmpty, checkpoint, filter: decodeSavedFilter(saved, checkpoint) });
    } catch (error) {
      await db?.close();
      throw storeError(error, dir, 'opened');
    }
  }

  approximateBytes: number | undefined;
  /** As it is on disk. */
  #checkpointBytes: Buffer | undefined;

  get(key: Uint8Array): Uint8Array | undefined {
    if (!this.#keys.mayHave(key)) return undefined;
    try {
      const value = this.#db.getSync(dataKey(key));
      if (value === undefined) this.#keys.missed();
      return value;
    } catch (error) {
      throw this.#failed(error, 'read');
    }
  }

  write(changes: readonly BytesChange[], checkpoint: Checkpoint | undefined): Promise<void> {
    const batch = this.#db.batch();
    for (const { key, value } of changes) {
      if (value === undefined) batch.del(dataKey(key));
      else {
        batch.put(dataKey(key), value as Buffer);
        this.#keys.add(key);
      }
    }
    this.checkpoint = checkpoint ?? this.checkpoint;
    if (checkpoint !== undefined) {
      this.#checkpointBytes = Buffer.from(JSON.stringify(checkpoint));
      batch.put(checkpointKey, this.#checkpointBytes);
    }
    const written = batch.write();
    this.#keys.writing(written);
    return written.then(
      () => this.#measure(),
      (error: unknown) => {
        throw this.#failed(error, 'written');
      },
    );
  }

  /** For those who watch: a size that cannot be had is none to fail for. */
  #measure(): void {
    (this.#db as Level<Buffer, Buffer> & Measurable).approximateSize(dataPrefix, dataEnd).then(
      (bytes) => {
        this.approximateBytes = bytes;
      },
      () => {},
    );
  }

  async *iterate(range: BytesRange): AsyncIterableIterator<readonly [Uint8Array, Uint8Array]> {
    const entries = this.#db.iterator({ ...bounds(range), reverse: range.reverse ?? false });
    try {
      for await (const [key, value] of entries) yield [key.subarray(1), value];
    } catch (error) {
      throw this.#failed(error, 'read');
    }
  }

  async *#allKeys(): AsyncIterableIterator<Uint8Array> {
    for await (const key of this.#db.keys(bounds({}))) yield key.subarray(1);
  }

  clear(range: BytesRange): Promise<void> {
    return this.#db.clear(bounds(range)).then(
      () => this.#keys.cleared(),
      (error: unknown) => {
        throw this.#failed(error, 'written');
      },
    );
  }

  /** Damage that shows later than at opening is noted in the folder, so that the next opening knows. */
  #failed(error: unknown, action: string): StoreError {
    const failure = storeError(error, this.#dir, action);
    if (failure.code === 'STORE_CORRUPT') noteDamage(this.#dir, causeOf(failure));
    return failure;
  }

  async close(): Promise<void> {
    const filter = await this.#keys.close();
    const checkpoint = this.#checkpointBytes;
    // Without it the next opening is only slower for a while.
    if (filter !== undefined && checkpoint !== undefined && this.#db.status === 'open')
      await this.#db.put(filterKey, encodeSavedFilter(filter, checkpoint)).catch(() => {});
    await this.#db.close();
  }
}

function bounds({ from, to }: BytesRange): { gte: Buffer; lt: Buffer } {
  return {
    gte: from === undefined ? dataPrefix : dataKey(from),
    lt: to === undefined ? dataEnd : dataKey(to),
  };
}
