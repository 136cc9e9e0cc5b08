import type { FileSystem } from '../files/file-system.ts';
import type { LogCheckpoint } from '../format/checkpoint.ts';
import { journalIdOf, type SegmentId, segmentName, segmentOf } from '../format/file-names.ts';

/** The files that a checkpoint needs: the journals from one on, and its segments. */
export interface Footprint {
  readonly journalId: number;
  readonly segments: ReadonlySet<string>;
}

export function footprintOf({ journalId, topics }: Pick<LogCheckpoint, 'journalId' | 'topics'>): Footprint {
  const segments = new Set<string>();
  for (const { id: topicId, state } of topics) {
    for (const [partition, entry] of state.entries()) {
      for (const { baseOffset, fileId } of entry.segments) {
        segments.add(segmentName({ topicId, partition, baseOffset, fileId }));
      }
    }
  }
  return { journalId, segments };
}

/**
 * Which files the log needs: those of its two checkpoints, the journals from the older one's on, and every
 * segment that these journals name. With the older checkpoint and its journals nothing is lost where the
 * newer one turns out to be damaged.
 */
export class NeededFiles {
  /** Newest first. */
  #checkpoints: readonly Footprint[];
  /** The segments that each journal names, by the number of their file. */
  readonly #named = new Map<number, Map<number, string>>();
  /** Segments that are being written and named nowhere yet. */
  readonly #held = new Set<string>();

  constructor(checkpoints: readonly Footprint[]) {
    this.#checkpoints = checkpoints;
  }

  /** Says that a journal names a segment. Called for each run of each commit. */
  name(journalId: number, segment: SegmentId): void {
    let names = this.#named.get(journalId);
    if (names === undefined) {
      names = new Map();
      this.#named.set(journalId, names);
    }
    if (!names.has(segment.fileId)) names.set(segment.fileId, segmentName(segment));
  }

  /** Keeps files that are being written until what this returns is called. */
  hold(segments: readonly string[]): () => void {
    for (const name of segments) this.#held.add(name);
    return () => {
      for (const name of segments) this.#held.delete(name);
    };
  }

  /**
   * The segments that the journals before a new checkpoint name, from those on that the present one needs,
   * and that the new one does not need itself.
   */
  alsoNeededBy({ journalId, segments }: Footprint): string[] {
    const from = this.#checkpoints[0]?.journalId ?? journalId;
    const named = [...this.#named].filter(([id]) => id >= from && id < journalId);
    return [...new Set(named.flatMap(([, names]) => [...names.values()]))].filter(
      (name) => !segments.has(name),
    );
  }

  /** A new checkpoint stands: the one before it is the older one now. */
  checkpointStands(checkpoint: Footprint): void {
    this.#checkpoints = [checkpoint, ...this.#checkpoints.slice(0, 1)];
    for (const id of this.#named.keys()) if (id < this.firstJournal) this.#named.delete(id);
  }

  get firstJournal(): number {
    return Math.min(...this.#checkpoints.map(({ journalId }) => journalId));
  }

  /** Whether there are files that a checkpoint after the next one will not need. */
  get hasLeftovers(): boolean {
    const [newest] = this.#checkpoints;
    return [...this.#segments()].some((name) => newest?.segments.has(name) !== true);
  }

  *#segments(): Generator<string> {
    for (const { segments } of this.#checkpoints) yield* segments;
    for (const names of this.#named.values()) yield* names.values();
  }

  /** Deletes what is no longer needed; other files are not ours to touch. Returns what is gone. */
  async removeOthers(fileSystem: FileSystem): Promise<string[]> {
    const names = await fileSystem.list();
    // After the list: a segment is named before its file is made.
    const needed = new Set([...this.#segments(), ...this.#held]);
    const isNeeded = (name: string): boolean => {
      const journal = journalIdOf(name);
      if (journal !== undefined) return journal >= this.firstJournal;
      const segment = segmentOf(name);
      return segment === undefined || needed.has(segment);
    };
    const removed = names.filter((name) => !isNeeded(name));
    for (const name of removed) await fileSystem.remove(name);
    return removed;
  }
}
