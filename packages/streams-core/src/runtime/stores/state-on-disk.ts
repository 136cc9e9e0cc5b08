import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogClient, TopicInfo } from '@millrace/log-client';
import type { Checkpoint, StateStore } from '@millrace/state-stores/runtime';
import type { Logger } from '../../logger.ts';
import { changelogName } from '../../topology/built/internal-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { DiskState } from '../assign/streams-metadata.ts';
import type { TaskLayout } from '../assign/task-assignor.ts';
import type { ResolvedConfig } from '../config.ts';
import { hasStandby } from './standby-task.ts';
import { tasksWithStandbys } from './standby-tasks.ts';

/** Names the folder, so that instances that share it know. */
const idFile = 'disk-id';
/** In a task's folder: where its stores stand, so that nobody has to open them to know. */
const positionsFile = 'positions.json';

export interface StateOnDiskOptions {
  readonly log: LogClient;
  readonly applicationId: string;
  /** The application's folder. */
  readonly dir: string;
  /** The stores of each stateful task that are kept in files and in a changelog. */
  readonly stores: ReadonlyMap<string, readonly string[]>;
  readonly partitionOf: (task: string) => number;
  /** Whether this instance works on a task, or follows it. */
  readonly isOpen: (task: string) => boolean;
  /** Where the files of a store that is open stand. */
  readonly checkpointOf: (task: string, store: string) => Checkpoint | undefined;
  /** How far this instance has written the changelog of a store, as of its last commit. */
  readonly endOf: (task: string, store: string) => number | undefined;
  /** How often to measure, in milliseconds. */
  readonly everyMs: number;
  readonly logger: Logger;
}

type Places = Map<string, Checkpoint | undefined>;

/**
 * What an instance could take over without restoring it all: the files that earlier runs and tasks which
 * moved away have left, and how far they are behind. Measured now and then, since assignors cannot wait.
 */
export class StateOnDisk {
  readonly #options: StateOnDiskOptions;
  readonly #disk: string;
  /** Where the files of tasks that are not open stand, by store. */
  readonly #atRest = new Map<string, Places>();
  /** What this instance has written of each task. */
  readonly #noted = new Map<string, string>();
  #sizes: Readonly<Record<string, number>> = {};
  #lags: Readonly<Record<string, number>> = {};
  /** By task: where its changelogs begin, summed. */
  #starts: Readonly<Record<string, number>> = {};
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: StateOnDiskOptions, disk: string) {
    this.#options = options;
    this.#disk = disk;
  }

  static async open(options: StateOnDiskOptions): Promise<StateOnDisk> {
    const found = new StateOnDisk(options, await diskId(options.dir));
    for (const task of options.stores.keys()) found.#look(task);
    await found.measure();
    found.#running = found.#keepMeasuring();
    return found;
  }

  async #keepMeasuring(): Promise<void> {
    const { everyMs, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // Stopped: the loop ends.
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await this.measure().catch((error: unknown) => {
        logger.warn(
          { error },
          `How far state on disk is behind could not be measured, and will be again: ${(error as Error).message}`,
        );
      });
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** As of the last measurement; of tasks that are worked on here, as of the last commit. */
  get state(): DiskState {
    const sizes = { ...this.#sizes };
    for (const [task, start] of Object.entries(this.#starts)) {
      const size = this.#writtenTo(task) - start;
      if (size > (sizes[task] ?? 0)) sizes[task] = size;
    }
    return { disk: this.#disk, lags: this.#lags, sizes };
  }

  #writtenTo(task: string): number {
    const { stores, endOf } = this.#options;
    return stores.get(task)!.reduce((sum, store) => sum + (endOf(task, store) ?? 0), 0);
  }

  /** A store of a task was written to disk and closed. */
  left(task: string, store: Pick<StateStore, 'name' | 'checkpoint'>): void {
    if (this.#options.stores.get(task)?.includes(store.name) !== true) return;
    const places: Places = this.#atRest.get(task) ?? new Map();
    this.#atRest.set(task, places.set(store.name, store.checkpoint));
    this.#note(task, places);
  }

  /** Reads how long the changelogs are by now, and how far files are behind them. */
  async measure(): Promise<void> {
    const { log, applicationId, dir, stores, partitionOf, isOpen } = this.#options;
    for (const task of stores.keys()) if (isOpen(task)) this.#noteOpen(task);
    // Files that were not used for long are deleted.
    for (const task of this.#atRest.keys()) if (!existsSync(path.join(dir, task))) this.#atRest.delete(task);
    const known = [...stores].filter(([task]) => isOpen(task) || this.#atRest.has(task));
    const changelogs = known.flatMap(([task, names]) =>
      names.map((store) => ({ task, store, topic: changelogName(applicationId, store) })),
    );
    const topics = await log.admin.topics([...new Set(changelogs.map(({ topic }) => topic))]);
    const there = changelogs.filter(({ topic }) => topics.has(topic));
    const ranges = await log.admin.offsets(
      there.map(({ task, topic }) => ({ topic, partition: partitionOf(task) })),
    );
    const sizes: Record<string, number> = {};
    const lags: Record<string, number> = {};
    const starts: Record<string, number> = Object.fromEntries([...stores.keys()].map((task) => [task, 0]));
    for (const [at, { task, store, topic }] of there.entries()) {
      const { start, end } = ranges[at]!;
      sizes[task] = (sizes[task] ?? 0) + end - start;
      starts[task] = starts[task]! + start;
      const places = this.#atRest.get(task);
      if (places === undefined) continue;
      const from = placeIn(places.get(store), topics.get(topic)!, start);
      lags[task] = (lags[task] ?? 0) + Math.max(0, end - from);
    }
    [this.#sizes, this.#lags, this.#starts] = [sizes, lags, starts];
  }

  /** A crash leaves what was noted last: then the files are further than that, never less far. */
  #noteOpen(task: string): void {
    this.#atRest.delete(task);
    const { stores, checkpointOf } = this.#options;
    this.#note(task, new Map(stores.get(task)!.map((store) => [store, checkpointOf(task, store)])));
  }

  #note(task: string, places: Places): void {
    const { dir, logger } = this.#options;
    const file = path.join(dir, task, positionsFile);
    try {
      const text = JSON.stringify(Object.fromEntries(places));
      if (this.#noted.get(task) === text || !existsSync(path.dirname(file))) return;
      writeFileSync(file, text);
      this.#noted.set(task, text);
    } catch (error) {
      // Without it the task may have to be copied before it comes back here.
      logger.warn(
        { error, file },
        `Where ${file} says that stores stand is old: ${(error as Error).message}`,
      );
    }
  }

  /** Reads where the files of a task stand, as it was noted last. */
  #look(task: string): void {
    const { dir, stores } = this.#options;
    const noted = readPositions(path.join(dir, task, positionsFile));
    if (noted === undefined) return;
    const there = stores.get(task)!.filter((store) => existsSync(path.join(dir, task, store)));
    this.#atRest.set(task, new Map(there.map((store) => [store, noted[store]])));
  }
}

/** Undefined where nothing was noted, or a crash cut it off. */
function readPositions(file: string): Readonly<Record<string, Checkpoint | undefined>> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Checkpoint>;
  } catch {
    return undefined;
  }
}

/** Of an app; undefined where it keeps no files that could be restored. */
export async function stateOnDisk(
  topology: Topology,
  layout: TaskLayout,
  { log, applicationId, stateDir, topicRefreshMs: everyMs, logger }: ResolvedConfig,
  open: Pick<StateOnDiskOptions, 'isOpen' | 'checkpointOf' | 'endOf'>,
): Promise<StateOnDisk | undefined> {
  const names = tasksWithStandbys(topology, layout);
  if (stateDir === undefined || names.length === 0) return undefined;
  const storesOf = (task: string): readonly string[] => {
    const subTopology = topology.subTopologies.find(({ id }) => id === layout.taskNamed(task)!.subTopology)!;
    return subTopology.stores.filter(hasStandby).map(({ name }) => name);
  };
  return StateOnDisk.open({
    log,
    applicationId,
    dir: path.join(stateDir, applicationId),
    stores: new Map(names.map((task) => [task, storesOf(task)])),
    partitionOf: (task) => layout.taskNamed(task)!.partition,
    ...open,
    everyMs,
    logger,
  });
}

/** Where to restore from: files of another topic, or from before its start, are of no use. */
function placeIn(checkpoint: Checkpoint | undefined, { id }: TopicInfo, start: number): number {
  return checkpoint?.topicId === id && checkpoint.offset >= start ? checkpoint.offset : start;
}

/** The id of a folder, created by the first instance that uses it. */
async function diskId(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, idFile);
  const draft = `${file}-${randomUUID()}`;
  await writeFile(draft, randomUUID(), { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, 'utf8');
}
