import type { OffsetCommit, PartitionRecords } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { Checkpoint, StateStore } from '@millrace/state-stores/runtime';
import type { NewRecordList } from './output/record-collector.ts';
import { changelogName } from '../../topology/built/internal-topics.ts';

/** Makes a store's checkpoint out of its changelog's next offset. */
export type MakeCheckpoint = (topic: string, nextOffset: number, store: StateStore) => Checkpoint | undefined;

export interface TaskStoresOptions {
  readonly specs: readonly StoreSpec[];
  readonly stores: ReadonlyMap<string, StateStore>;
  readonly applicationId: string;
  readonly realName: (topic: string) => string;
}

/**
 * A task's stores, by what keeps their changes: a changelog of their own, the topic they are read from, or
 * nothing.
 */
export class TaskStores {
  readonly all: ReadonlyMap<string, StateStore>;
  /** The stores with a changelog of their own, by its topic. */
  readonly changelogs: ReadonlyMap<string, StateStore>;
  /** The stores whose changelog is a topic the task reads, with that. */
  readonly sourced: readonly { readonly store: StateStore; readonly topic: string }[];
  readonly #unlogged: readonly StateStore[];
  /** What a changelog got at the last commit: about what it gets at the next. */
  readonly #expectedBytes = new Map<string, number>();

  constructor({ specs, stores, applicationId, realName }: TaskStoresOptions) {
    this.all = stores;
    const logged = specs.filter((spec) => spec.logging);
    this.changelogs = new Map(
      logged.map(({ name }) => [changelogName(applicationId, name), stores.get(name)!]),
    );
    this.sourced = specs.flatMap(({ name, sourceTopic }) =>
      sourceTopic === undefined ? [] : [{ store: stores.get(name)!, topic: realName(sourceTopic) }],
    );
    const kept = new Set([...this.changelogs.values(), ...this.sourced.map(({ store }) => store)]);
    this.#unlogged = [...stores.values()].filter((store) => !kept.has(store));
  }

  /** Hands out what has changed since the last commit, for the changelogs. */
  takeChanges(partition: number, newList: NewRecordList = () => []): PartitionRecords[] {
    const taken: PartitionRecords[] = [];
    for (const [topic, store] of this.changelogs) {
      const records = newList(this.#expectedBytes.get(topic));
      store.takeChanges(records);
      this.#expectedBytes.set(topic, records.bytes ?? 0);
      if (records.length > 0) taken.push({ topic, partition, records });
    }
    for (const { store } of this.sourced) store.takeChanges();
    for (const store of this.#unlogged) store.takeChanges();
    return taken;
  }

  /**
   * A commit stands: changelogs have got as far as `changelogEnds` says, by topic, and inputs as far as
   * `offsets`.
   */
  committed(
    changelogEnds: ReadonlyMap<string, number>,
    offsets: readonly OffsetCommit[],
    checkpoint: MakeCheckpoint,
    now: number,
  ): void {
    for (const [topic, end] of changelogEnds) {
      const store = this.changelogs.get(topic)!;
      store.committed(checkpoint(topic, end, store), now);
    }
    for (const { store, topic } of this.sourced) {
      const offset = offsets.find((one) => one.topic === topic)?.offset;
      if (offset !== undefined) store.committed(checkpoint(topic, offset, store), now);
    }
    for (const store of this.#unlogged) store.committed(undefined, now);
    for (const store of this.all.values()) store.commitStands();
  }

  /** Whether one would like to write to disk after the next commit. */
  wantsFlush(now: number): boolean {
    for (const store of this.all.values()) if (store.wantsFlush(now)) return true;
    return false;
  }
}
