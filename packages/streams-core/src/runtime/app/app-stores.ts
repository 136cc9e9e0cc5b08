import type { StoreSpec } from '@millrace/state-stores';
import { StoreUnavailableError, StreamsError } from '../../errors.ts';
import type { Topology } from '../../topology/built/topology.ts';
import type { StreamsMetadata } from '../assign/streams-metadata.ts';
import type { Instance } from '../instance/instance.ts';
import { ChangeSignal } from '../query/change-signal.ts';
import type { StoreReference } from '../query/queryable-store.ts';
import { storeNamed } from '../query/store-name.ts';
import type { StorePartition, StorePartitions } from '../query/store-partitions.ts';
import type { Task } from '../task/task.ts';
import { taskName } from '../task/task-id.ts';
import type { AppState } from './app-state.ts';

/** All instances of the app as the group knows them, and which of them this one is. */
export interface KnownGroup {
  readonly instances: readonly StreamsMetadata[];
  readonly you: number;
}

export interface AppStoresOptions {
  readonly topology: Topology;
  readonly state: () => AppState;
  /** The instance at work, if there is one. */
  readonly current: () => Instance | undefined;
  readonly group: () => KnownGroup;
}

/** The stores of an app as queries find them: in this instance's tasks, its copies, its global tables. */
export class AppStores {
  readonly #options: AppStoresOptions;
  readonly #signal = new ChangeSignal();
  readonly #queried = new Set<string>();

  constructor(options: AppStoresOptions) {
    this.#options = options;
  }

  /** The stores that have been asked for: they tell apart what is committed. */
  get queried(): ReadonlySet<string> {
    return this.#queried;
  }

  /** A commit stands, a round is over, a task has come or gone, the app is closed. */
  notify(): void {
    this.#signal.notify();
  }

  /** @throws TopologyError `TOPOLOGY_STORE_MISSING` */
  partitionsOf(reference: StoreReference): StorePartitions {
    const { topology } = this.#options;
    const spec = storeNamed(topology.stores, reference);
    this.#track(spec.name);
    const changed = (): Promise<void> => this.#signal.next();
    const isOver = (): boolean => ['closed', 'error'].includes(this.#options.state());
    if (topology.globalStores.has(spec.name)) {
      const find = (): StorePartition => this.#global(spec);
      const here = (): StorePartition[] => (this.#options.current() === undefined ? [] : [find()]);
      return { spec, count: () => undefined, here, all: () => [find()], find, changed, isOver };
    }
    const { id } = topology.subTopologies.find(({ stores }) =>
      stores.some(({ name }) => name === spec.name),
    )!;
    return {
      spec,
      count: () => this.#instance(spec).layout.taskCount(id),
      here: () => this.#here(spec, id),
      all: () => {
        this.#assertRunning(spec);
        return this.#here(spec, id);
      },
      find: (partition, maxLag) => this.#find(spec, taskName({ subTopology: id, partition }), maxLag),
      changed,
      isOver,
    };
  }

  #track(name: string): void {
    this.#queried.add(name);
    const { tasks, globals } = this.#options.current() ?? {};
    for (const task of tasks?.tasks ?? []) task.stores.all.get(name)?.track();
    globals?.stores.get(name)?.track();
  }

  #here({ name }: StoreSpec, subTopology: number): StorePartition[] {
    const tasks = this.#options.current()?.tasks.tasks ?? [];
    return tasks.filter(({ id }) => id.subTopology === subTopology).map((task) => active(task, name));
  }

  #global({ name }: StoreSpec): StorePartition {
    const store = this.#instance({ name }).globals!.stores.get(name)!;
    const isOpen = (): boolean => this.#options.current() !== undefined;
    return { partition: 0, store, isReplica: true, isOpen, position: () => undefined };
  }

  #find(spec: StoreSpec, task: string, maxLag: number | undefined): StorePartition {
    const { tasks, standbys, layout } = this.#instance(spec);
    const found = tasks.get(task);
    if (found !== undefined) return active(found, spec.name);
    const { partition } = layout.taskNamed(task)!;
    const copy = maxLag === undefined ? undefined : standbys.copy(task, spec.name);
    if (copy !== undefined && copy.lag <= maxLag!) {
      const isOpen = (): boolean => standbys.copy(task, spec.name)?.store === copy.store;
      const { store, lag } = copy;
      return { partition, store, isReplica: true, lag, isOpen, position: () => undefined };
    }
    throw this.#elsewhere(spec.name, task, partition);
  }

  #elsewhere(store: string, task: string, partition: number): StoreUnavailableError {
    const { instances, you } = this.#options.group();
    const owner = instances.findIndex(({ tasks }) => tasks.includes(task));
    const host = instances[owner]?.host;
    const what = `Partition ${partition} of store "${store}"`;
    if (owner >= 0 && owner !== you) {
      const where = host === undefined ? 'another instance, which has no applicationServer' : host;
      return new StoreUnavailableError('STORE_MOVED', `${what} is on ${where}: ask there`, {
        store,
        partition,
        host,
      });
    }
    const state = owner < 0 ? 'is on no instance at present' : 'is being restored here';
    return new StoreUnavailableError('STORE_RESTORING', `${what} ${state}: ask again`, {
      store,
      partition,
      host,
    });
  }

  /**
   * @throws StreamsError `APP_STATE` where the app does not run, StoreUnavailableError between two of its
   * lives
   */
  #instance({ name }: Pick<StoreSpec, 'name'>): Instance {
    const current = this.#options.current();
    if (current !== undefined) return current;
    const state = this.#options.state();
    if (state !== 'rebalancing' && state !== 'running') {
      throw new StreamsError(
        'APP_STATE',
        `Store "${name}" cannot be asked: the app is ${state}; only a running app can`,
      );
    }
    throw restoring(name);
  }

  #assertRunning(spec: StoreSpec): void {
    this.#instance(spec);
    if (this.#options.state() !== 'running') throw restoring(spec.name);
  }
}

function restoring(store: string): StoreUnavailableError {
  return new StoreUnavailableError(
    'STORE_RESTORING',
    `The app is rebalancing, and rows of store "${store}" may be missing: ask again`,
    { store, partition: undefined, host: undefined },
  );
}

function active(task: Task, store: string): StorePartition {
  return {
    partition: task.id.partition,
    store: task.stores.all.get(store)!,
    isReplica: false,
    isOpen: () => !task.isClosed,
    position: (topic, isolation) =>
      isolation === 'committed'
        ? task.committedPosition(topic)
        : task.positions.find((one) => one.topic === topic)?.offset,
  };
}
