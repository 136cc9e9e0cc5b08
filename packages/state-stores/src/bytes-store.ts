/** A change of one key; an undefined value removes it. */
export interface BytesChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export interface BytesRange {
  /** Inclusive; from the first key where left out. */
  readonly from?: Uint8Array;
  /** Exclusive; to the last key where left out. */
  readonly to?: Uint8Array;
  readonly reverse?: boolean;
}

/** Where a store stands in its changelog. */
export interface Checkpoint {
  /** The changelog topic's id: a topic created again has another one. */
  readonly topicId: string;
  /** The next changelog offset to apply. */
  readonly offset: number;
  /** The largest timestamp the store has seen; -1 where it keeps none. */
  readonly streamTime: number;
}

/**
 * Ordered bytes to bytes: the seam between the views that lay out keys and what keeps them. Point reads are
 * synchronous, because they stand on the way of every record.
 */
export interface BytesStore {
  /** What the last write said, or undefined in a fresh store. */
  readonly checkpoint: Checkpoint | undefined;
  /** Whether there was nothing in it when it was opened. */
  readonly openedEmpty: boolean;
  /** Its size on disk, about, as of the last write; undefined where it has none. */
  readonly approximateBytes?: number | undefined;
  get(key: Uint8Array): Uint8Array | undefined;
  /** Applies all changes and the checkpoint as one. A store without I/O does it before it returns. */
  write(changes: readonly BytesChange[], checkpoint: Checkpoint | undefined): void | Promise<void>;
  iterate(range: BytesRange): AsyncIterableIterator<readonly [Uint8Array, Uint8Array]>;
  /** Removes a range of keys. */
  clear(range: BytesRange): void | Promise<void>;
  close(): void | Promise<void>;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}
