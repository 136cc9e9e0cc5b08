import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Level } from 'level';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyFilter } from '../src/level/key-filter.ts';
import { StoredKeys } from '../src/level/stored-keys.ts';
import { LevelStore } from '../src/runtime.ts';

const value = Buffer.from('value');
const takenChanges = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => ({ key: numbered(from + n), value }));

function numbered(n: number): Buffer {
  return Buffer.from(`key-${n}`);
}

function checkpoint(offset: number) {
  return { topicId: 'counts-changelog', offset, streamTime: -1 };
}

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-keys-'));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

/** As a crash leaves it: all that was written is there, and nothing that is only written at closing. */
async function reopenedAfterCrash(store: LevelStore, folder: string): Promise<LevelStore> {
  const saving = vi.spyOn(Level.prototype, 'put').mockRejectedValueOnce(new Error('crashed'));
  await store.close();
  saving.mockRestore();
  return LevelStore.open(folder);
}

/** Looks up keys that are not there; returns how often LevelDB was asked. */
function lookUpInVain(store: LevelStore, count: number): number {
  const asked = vi.spyOn(Level.prototype, 'getSync');
  for (let n = 0; n < count; n++) expect(store.get(Buffer.from(`none-${n}`))).toBeUndefined();
  const { length } = asked.mock.calls;
  asked.mockRestore();
  return length;
}

function expectAllFound(store: LevelStore, count: number): void {
  for (let n = 0; n < count; n++) expect(store.get(numbered(n)), `key ${n}`).toEqual(value);
}

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('a scan for keys', () => {
  /** Keys whose scan has to be let go on. */
  function slowSource(keys: readonly Buffer[]) {
    const { opened, open } = gate();
    const source = {
      isAsked: false,
      goOn: open,
      async *keys(): AsyncIterableIterator<Uint8Array> {
        source.isAsked = true;
        yield* keys.slice(0, 1);
        await opened;
        yield* keys.slice(1);
      },
    };
    return source;
  }

  function missOften(keys: StoredKeys): void {
    for (let n = 0; n < 1100; n++) keys.missed();
  }

  it('knows of what is written while it is under way', async () => {
    const source = slowSource([numbered(0), numbered(1)]);
    const keys = new StoredKeys(() => source.keys(), undefined);
    missOften(keys);
    await vi.waitFor(() => expect(source.isAsked).toBe(true));
    keys.add(numbered(2));
    source.goOn();
    await vi.waitFor(() => expect(keys.mayHave(Buffer.from('none'))).toBe(false));
    for (const n of [0, 1, 2]) expect(keys.mayHave(numbered(n)), `key ${n}`).toBe(true);
  });

  it('waits for writes that began before it', async () => {
    const source = slowSource([]);
    const keys = new StoredKeys(() => source.keys(), undefined);
    const { opened, open } = gate();
    keys.writing(opened);
    missOften(keys);
    await new Promise(setImmediate);
    expect(source.isAsked).toBe(false);
    open();
    await vi.waitFor(() => expect(source.isAsked).toBe(true));
    source.goOn();
    await keys.close();
  });

  it('that fails leaves what was known before', async () => {
    const source = {
      async *keys(): AsyncIterableIterator<Uint8Array> {
        yield numbered(7);
        throw new Error('disk');
      },
    };
    const before = new KeyFilter();
    before.add(numbered(0));
    const keys = new StoredKeys(() => source.keys(), before);
    missOften(keys);
    keys.add(numbered(1));
    expect(await keys.close()).toBe(before);
    for (const n of [0, 1]) expect(keys.mayHave(numbered(n)), `key ${n}`).toBe(true);
  });
});

describe('which keys a LevelDB store has', () => {
  it('is known from the beginning: look-ups in vain do not reach LevelDB', async () => {
    const store = await LevelStore.open(path.join(dir, 'store'));
    await store.write(takenChanges(0, 5000), checkpoint(1));
    expect(lookUpInVain(store, 2000)).toBeLessThan(60);
    expectAllFound(store, 5000);
    await store.close();
  });

  it('is known again after it was closed and opened', async () => {
    const folder = path.join(dir, 'store');
    const before = await LevelStore.open(folder);
    await before.write(takenChanges(0, 5000), checkpoint(1));
    await before.close();
    const store = await LevelStore.open(folder);
    expect(lookUpInVain(store, 900)).toBeLessThan(60);
    await store.write(takenChanges(5000, 6000), checkpoint(2));
    expectAllFound(store, 6000);
    await store.close();
    const again = await LevelStore.open(folder);
    expectAllFound(again, 6000);
    await again.close();
  });

  it('is found out by a scan after a crash, while it is being written to', async () => {
    const folder = path.join(dir, 'store');
    const before = await LevelStore.open(folder);
    await before.write(takenChanges(0, 5000), checkpoint(1));
    const store = await reopenedAfterCrash(before, folder);
    // The write is under way when the look-ups start the scan.
    const written = store.write(takenChanges(5000, 7000), checkpoint(2));
    expect(lookUpInVain(store, 2000)).toBe(2000);
    const next = store.write(takenChanges(7000, 8000), checkpoint(3));
    await written;
    await next;
    await vi.waitFor(() => expect(lookUpInVain(store, 100)).toBeLessThan(20));
    expectAllFound(store, 8000);
    await store.close();
  });

  it('is not believed after a crash, though no checkpoint was written since', async () => {
    const folder = path.join(dir, 'store');
    const before = await LevelStore.open(folder);
    await before.write(takenChanges(0, 10), checkpoint(1));
    await before.close();
    const crashing = await LevelStore.open(folder);
    await crashing.write(takenChanges(10, 20), undefined);
    const store = await reopenedAfterCrash(crashing, folder);
    expectAllFound(store, 20);
    await store.close();
  });

  it('is not believed where the store was written by a release without a filter', async () => {
    const folder = path.join(dir, 'store');
    const before = await LevelStore.open(folder);
    await before.write(takenChanges(0, 10), checkpoint(1));
    await before.close();
    // What such a release does: data and checkpoint, no filter.
    const db = new Level<Buffer, Buffer>(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
    const dataKey = Buffer.concat([Buffer.of(1), numbered(10)]);
    await db.batch([
      { type: 'put', key: dataKey, value },
      { type: 'put', key: Buffer.of(0), value: Buffer.from(JSON.stringify(checkpoint(2))) },
    ]);
    await db.close();
    const store = await LevelStore.open(folder);
    expectAllFound(store, 11);
    await store.close();
  });

  it('is found out again once most of the keys are cleared', async () => {
    const store = await LevelStore.open(path.join(dir, 'store'));
    const scans = vi.spyOn(Level.prototype, 'keys');
    await store.write(takenChanges(0, 70_000), checkpoint(1));
    await store.clear({ to: Buffer.from('key-6') });
    await vi.waitFor(() => expect(scans).toHaveBeenCalled());
    for (let n = 60_000; n < 70_000; n++) expect(store.get(numbered(n))).toEqual(value);
    await store.close();
  });

  it('never hides a key, whatever is written, cleared, closed and crashed', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('write' as const), from: fc.nat(60), count: fc.nat(20) }),
      fc.record({ do: fc.constant('remove' as const), from: fc.nat(60), count: fc.nat(20) }),
      fc.record({ do: fc.constant('clear' as const), from: fc.nat(60) }),
      fc.record({ do: fc.constant('close' as const) }),
      fc.record({ do: fc.constant('crash' as const) }),
    );
    let folders = 0;
    const keyAt = (n: number) => Buffer.from(String(n).padStart(3, '0'));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const model = new Set<number>();
        const folder = path.join(dir, `store-${folders++}`);
        let store = await LevelStore.open(folder);
        let offset = 0;
        for (const one of steps) {
          if (one.do === 'write' || one.do === 'remove') {
            const range = Array.from({ length: one.count }, (_, n) => one.from + n);
            for (const n of range) {
              if (one.do === 'write') model.add(n);
              else model.delete(n);
            }
            const changes = range.map((n) => ({
              key: keyAt(n),
              value: one.do === 'write' ? value : undefined,
            }));
            await store.write(changes, checkpoint(++offset));
          } else if (one.do === 'clear') {
            await store.clear({ to: keyAt(one.from) });
            for (const n of model) if (n < one.from) model.delete(n);
          } else if (one.do === 'close') {
            await store.close();
            store = await LevelStore.open(folder);
          } else {
            store = await reopenedAfterCrash(store, folder);
          }
          for (let n = 0; n < 85; n++)
            expect(store.get(keyAt(n)) !== undefined, `key ${n}`).toBe(model.has(n));
        }
        await store.close();
      }),
      { numRuns: 60 },
    );
  });
});
