import { openStore, type StateStore } from '@millrace/state-stores/runtime';
import type { Topology } from '@millrace/streams-core';
import { checkingSpec, resolveTopics, TaskClock } from '@millrace/streams-core/runtime';

/** A sub-topology, which one task runs. */
export type Part = Topology['subTopologies'][number];

/** A task's stores, and the clock that they and the task share. */
export interface OpenedStores {
  readonly clock: TaskClock;
  readonly stores: ReadonlyMap<string, StateStore>;
}

/** Every topic has one partition here; what is wrong whatever the partitions shows all the same. */
export function checkedParts(topology: Topology, applicationId: string): Part[] {
  const { subTopologies, repartitionTopics } = topology;
  const external = subTopologies.flatMap((subTopology) =>
    subTopology.sources.flatMap((source) => source.topics.map(({ name }) => name)),
  );
  const counts = new Map(external.filter((name) => !repartitionTopics.has(name)).map((name) => [name, 1]));
  resolveTopics(withOnePartition(topology), applicationId, counts);
  return subTopologies.filter((subTopology) => !subTopology.global);
}

export function inMemory(subTopology: Part): OpenedStores {
  const clock = new TaskClock(0);
  const stores = subTopology.stores.map(
    (spec) => [spec.name, openStore(checkingSpec(spec), clock.current) as StateStore] as const,
  );
  return { clock, stores: new Map(stores) };
}

/** The topology with its repartition topics at one partition each: counts are for the runtime to check. */
function withOnePartition(topology: Topology): Topology {
  const repartitionTopics = new Map(
    [...topology.repartitionTopics.keys()].map((name) => [name, { name, partitions: 1 }]),
  );
  return Object.create(topology, { repartitionTopics: { value: repartitionTopics } }) as Topology;
}
