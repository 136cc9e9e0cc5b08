import type { BytesStore } from '../../bytes-store.ts';
import { segmentPrefix } from './layout.ts';

/** Removes expired segments from the bytes store. */
export class ExpiredSegments {
  readonly #backing: BytesStore;
  readonly #onError: (error: unknown) => void;
  #clearedBelow = 0;
  #clearing: Promise<void> | undefined;

  constructor(backing: BytesStore, onError: (error: unknown) => void) {
    this.#backing = backing;
    this.#onError = onError;
  }

  /** Removes all segments before this one. A failure goes to `onError`. */
  clearBelow(segment: number): void {
    if (segment <= this.#clearedBelow) return;
    this.#clearedBelow = segment;
    const cleared = this.#backing.clear({ to: segmentPrefix(segment) });
    if (cleared === undefined) return;
    const earlier = this.#clearing;
    this.#clearing = cleared.catch(this.#onError).then(() => earlier);
  }

  /** Resolves when all removals are done; undefined where the bytes store needs no time for them. */
  get clearing(): Promise<void> | undefined {
    return this.#clearing;
  }
}
