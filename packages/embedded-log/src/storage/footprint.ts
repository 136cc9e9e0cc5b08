import type { FileSystem } from '../files/file-system.ts';
import type { LogCheckpoint } from '../format/checkpoint.ts';
import { isSegmentName, journalIdOf, segmentName } from '../format/file-names.ts';

/** The files that a checkpoint needs: the journals from one on, and its segments. */
export interface Footprint {
  readonly journalId: number;
  readonly segments: ReadonlySet<string>;
}

export function footprintOf({ journalId, topics }: LogCheckpoint): Footprint {
  const segments = new Set<string>();
  for (const { id, state } of topics) {
    for (const [partition, entry] of state.entries()) {
      for (const [baseOffset] of entry.segments) segments.add(segmentName(id, partition, baseOffset));
    }
  }
  return { journalId, segments };
}

/**
 * Deletes the journals and segments that no checkpoint needs; other files are not ours to touch. The older of
 * two checkpoints counts too: with it and its journals nothing is lost where the newer one turns out to be
 * damaged. Returns what is gone.
 */
export async function removeObsoleteFiles(
  fileSystem: FileSystem,
  checkpoints: readonly Footprint[],
): Promise<string[]> {
  const firstJournal = Math.min(...checkpoints.map(({ journalId }) => journalId));
  const isNeeded = (name: string): boolean => {
    const id = journalIdOf(name);
    if (id !== undefined) return id >= firstJournal;
    return !isSegmentName(name) || checkpoints.some(({ segments }) => segments.has(name));
  };
  const removed = (await fileSystem.list()).filter((name) => !isNeeded(name));
  for (const name of removed) await fileSystem.remove(name);
  return removed;
}
