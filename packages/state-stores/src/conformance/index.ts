import type { BytesStore } from '../bytes-store.ts';
import { bufferSuite } from '../kinds/time-ordered-buffer/conformance.ts';
import { bytesSuite } from './bytes.ts';
import { groupStoreSuite } from '../kinds/group/conformance.ts';
import { keyValueSuite } from '../kinds/key-value/conformance.ts';
import { sessionSuite } from '../kinds/session/conformance.ts';
import type { Bench, StoreTest } from './support.ts';
import { versionedSuite } from '../kinds/versioned/conformance.ts';
import { windowSuite } from '../kinds/window/conformance.ts';

export interface StoreConformanceOptions {
  /** The test framework's `test`, e.g. Vitest's. */
  readonly test: (name: string, body: () => Promise<void>) => void;
  /**
   * Opens an empty store and tells how to open the same one again; one that forgets on close has no `reopen`.
   */
  readonly factory: () => Promise<{
    readonly store: BytesStore;
    readonly reopen?: () => Promise<BytesStore>;
  }>;
}

/** What every BytesStore must do, with each view laid over it. Run it against yours. */
export function storeConformance({ test, factory }: StoreConformanceOptions): void {
  const storeTest: StoreTest = (name, body) => {
    test(name, async () => {
      const { store, reopen } = await factory();
      const bench: Bench = {
        store,
        restart: async () => {
          if (reopen === undefined) return false;
          await bench.store.close();
          bench.store = await reopen();
          return true;
        },
      };
      await body(bench);
      await bench.store.close();
    });
  };
  bytesSuite(storeTest);
  keyValueSuite(storeTest);
  windowSuite(storeTest);
  sessionSuite(storeTest);
  versionedSuite(storeTest);
  groupStoreSuite(storeTest);
  bufferSuite(storeTest);
}
