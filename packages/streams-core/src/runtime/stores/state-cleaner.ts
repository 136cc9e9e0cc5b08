import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStoreError } from '@millrace/state-stores';
import { LevelStore } from '@millrace/state-stores/runtime';
import type { Logger } from '../../logger.ts';
import type { Topology } from '../../topology/built/topology.ts';

/** How often to look at most, in milliseconds. */
const everyMs = 60_000;
const taskFolder = /^(\d+)_(\d+)$/;
/** What a folder is called while it is deleted: no task's. */
const doomed = 'deleted-';

export interface StateCleanerOptions {
  /** The application's folder. */
  readonly dir: string;
  readonly topology: Topology;
  /** A folder that nothing was written to for so long goes, in milliseconds. */
  readonly delayMs: number;
  /** Whether this instance works on a task, or keeps a copy of it. */
  readonly isHere: (task: string) => boolean;
  readonly logger: Logger;
}

/**
 * Deletes the state of tasks that have moved away, once it is old: coming back, they would have to be
 * restored from far behind in any case (Kafka Streams: state.cleanup.delay.ms; KIP-1259 for what an earlier
 * run has left). State that is nowhere else stays.
 */
export class StateCleaner {
  readonly #options: StateCleanerOptions;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: StateCleanerOptions) {
    this.#options = options;
  }

  /** Looks now and then, in the background. */
  start(): void {
    this.#running = this.#run().catch((error: unknown) => {
      this.#options.logger.warn({ error }, `Old state is not deleted any more: ${(error as Error).message}`);
    });
  }

  async #run(): Promise<void> {
    const { delayMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      const waited = sleep(Math.min(everyMs, delayMs), undefined, { signal: this.#stop.signal, ref: false });
      // Stopped: the loop ends.
      await waited.catch(() => {});
      if (!this.#stop.signal.aborted) await this.clean(Date.now());
    }
  }

  /** Deletes what is old at `now`, in milliseconds; returns the tasks whose state has gone. */
  async clean(now: number): Promise<string[]> {
    const { dir, logger } = this.#options;
    const cleaned: string[] = [];
    for (const name of await foldersIn(dir)) {
      // One that cannot be looked at or deleted now may be later.
      const isGone = await this.#cleanOne(name, now).catch((error: unknown) => {
        logger.warn(
          { error, dir, name },
          `Old state in ${path.join(dir, name)} stays: ${(error as Error).message}`,
        );
        return false;
      });
      if (isGone) cleaned.push(name);
    }
    return cleaned;
  }

  /** Whether a folder was a task's, and was deleted. */
  async #cleanOne(name: string, now: number): Promise<boolean> {
    const { dir, delayMs, isHere, logger } = this.#options;
    const folder = path.join(dir, name);
    // A process that ended in the middle has left it.
    if (name.startsWith(doomed)) await rm(folder, { recursive: true, force: true });
    const match = taskFolder.exec(name);
    if (match === null || isHere(name) || !this.#comesBack(Number(match[1]))) return false;
    const age = now - (await newest(folder));
    if (age < delayMs || !(await isFree(folder)) || isHere(name)) return false;
    // In the same turn: a task that is opened from now on finds no folder, never half of one.
    const aside = path.join(dir, `${doomed}${name}-${randomUUID()}`);
    renameSync(folder, aside);
    await rm(aside, { recursive: true, force: true });
    logger.info(
      { dir: folder, age },
      `The state of task ${name}, which has moved away, was deleted: ${folder}`,
    );
    return true;
  }

  /** Whether everything in a sub-topology's stores can be restored. */
  #comesBack(subTopology: number): boolean {
    const found = this.#options.topology.subTopologies.find(({ id }) => id === subTopology);
    // Of another topology: what its stores were is not known.
    if (found === undefined) return false;
    return found.stores.every(({ logging, sourceTopic }) => logging || sourceTopic !== undefined);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

async function foldersIn(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** When something in a folder was last written, in milliseconds. */
async function newest(folder: string): Promise<number> {
  let last = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    // Gone meanwhile: then it is none of the old ones.
    const found = await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    if (entry.isFile() && found !== undefined) last = Math.max(last, found.mtimeMs);
  }
  return last;
}

/** Whether no other instance on this machine has a store of a task open. */
async function isFree(folder: string): Promise<boolean> {
  for (const store of await foldersIn(folder)) {
    try {
      await LevelStore.probe(path.join(folder, store));
    } catch (error) {
      if (isStoreError(error, 'STORE_LOCKED')) return false;
      // Damaged ones go with the rest.
      if (!isStoreError(error, 'STORE_CORRUPT')) throw error;
    }
  }
  return true;
}
