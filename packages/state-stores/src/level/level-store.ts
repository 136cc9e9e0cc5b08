import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { Level } from 'level';
import type { BytesChange, BytesRange, BytesStore, Checkpoint } from '../bytes-store.ts';
import { StoreError } from '../errors.ts';

/** Data keys carry a leading 1, so that the checkpoint at key 0 is none of them. */
const checkpointKey = Buffer.of(0);
const dataPrefix = Buffer.of(1);
const dataEnd = Buffer.of(2);

const encoding = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;

function dataKey(key: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(key.length + 1);
  prefixed[0] = 1;
  prefixed.set(key, 1);
  return prefixed;
}

/** How long to wait for a dying process to let go of a folder. */
const lockRetryMs = 100;
const lockRetries = 50;

/** Bytes in a LevelDB folder of their own. Every write is one batch that also holds the checkpoint. */
export class LevelStore implements BytesStore {
  readonly #db: Level<Buffer, Buffer>;
  readonly #dir: string;
  readonly openedEmpty: boolean;
  checkpoint: Checkpoint | undefined;

  private constructor(
    db: Level<Buffer, Buffer>,
    dir: string,
    isEmpty: boolean,
    checkpoint: Checkpoint | undefined,
  ) {
    this.#db = db;
    this.#dir = dir;
    this.openedEmpty = isEmpty;
    this.checkpoint = checkpoint;
  }

  /**
   * Opens the store in a folder, and makes the folder if it is not there. One that cannot be read is emptied: its
   * changelog holds the same data.
   * @throws StoreError `STORE_LOCKED`
   */
  static async open(dir: string): Promise<LevelStore> {
    await mkdir(path.dirname(dir), { recursive: true, mode: 0o700 });
    try {
      return await LevelStore.#openOnce(dir);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'STORE_CORRUPT') throw error;
      await rm(dir, { recursive: true, force: true });
      return LevelStore.#openOnce(dir);
    }
  }

  static async #openOnce(dir: string): Promise<LevelStore> {
    for (let attempt = 0; ; attempt++) {
      const db = new Level<Buffer, Buffer>(dir, encoding);
      try {
        await db.open();
        const bytes = db.getSync(checkpointKey);
        const checkpoint = bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as Checkpoint);
        const isEmpty = (await db.keys({ limit: 1 }).all()).length === 0;
        return new LevelStore(db, dir, isEmpty, checkpoint);
      } catch (error) {
        await db.close();
        const code = ((error as Error).cause as { code?: string } | undefined)?.code;
        if (code !== 'LEVEL_LOCKED') {
          throw new StoreError('STORE_CORRUPT', `The store in ${dir} cannot be opened`, { cause: error });
        }
        if (attempt >= lockRetries) {
          throw new StoreError(
            'STORE_LOCKED',
            `The store in ${dir} is open in another process or task: close it there`,
            {
              cause: error,
            },
          );
        }
        await new Promise((resolve) => setTimeout(resolve, lockRetryMs));
      }
    }
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#db.getSync(dataKey(key));
  }

  write(changes: readonly BytesChange[], checkpoint: Checkpoint | undefined): Promise<void> {
    const batch = this.#db.batch();
    for (const { key, value } of changes) {
      if (value === undefined) batch.del(dataKey(key));
      else batch.put(dataKey(key), value as Buffer);
    }
    this.checkpoint = checkpoint ?? this.checkpoint;
    if (checkpoint !== undefined) batch.put(checkpointKey, Buffer.from(JSON.stringify(checkpoint)));
    return batch.write().catch((error: unknown) => {
      throw new StoreError('STORE_IO', `The store in ${this.#dir} could not be written`, { cause: error });
    });
  }

  async *iterate(range: BytesRange): AsyncIterableIterator<readonly [Uint8Array, Uint8Array]> {
    for await (const [key, value] of this.#db.iterator({
      ...bounds(range),
      reverse: range.reverse ?? false,
    })) {
      yield [key.subarray(1), value];
    }
  }

  clear(range: BytesRange): Promise<void> {
    return this.#db.clear(bounds(range));
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

function bounds({ from, to }: BytesRange): { gte: Buffer; lt: Buffer } {
  return {
    gte: from === undefined ? dataPrefix : dataKey(from),
    lt: to === undefined ? dataEnd : dataKey(to),
  };
}
