import { partitionForKey } from '@millrace/log-client';
import { TopologyError } from '../../errors.ts';
import type { SubTopology } from '../../topology/built/sub-topologies.ts';
import type { StreamsMetadata } from '../assign/streams-metadata.ts';
import type { TaskLayout } from '../assign/task-assignor.ts';
import { taskName } from '../task/task-id.ts';

/** Where the row of a key is. */
export interface KeyQueryMetadata {
  /** The `applicationServer` of the instance that has it; undefined where that has none. */
  readonly activeHost: string | undefined;
  /** Those of the instances that keep a copy. */
  readonly standbyHosts: readonly (string | undefined)[];
  readonly task: string;
  readonly partition: number;
}

export interface KeyQuery<K> {
  readonly store: string;
  readonly key: K;
  /** How the store's input was partitioned. Default: by the key's hash, as Kafka does. */
  readonly partitioner?: (key: K, partitions: number) => number;
}

/** Finds the owner of a key. Undefined while there is none. @throws TopologyError `TOPOLOGY_STORE_MISSING` */
export function locateKey<K>(
  { store, key, partitioner }: KeyQuery<K>,
  parts: readonly SubTopology[],
  layout: TaskLayout,
  instances: readonly StreamsMetadata[],
): KeyQueryMetadata | undefined {
  const subTopology = parts.find((one) => !one.global && one.stores.some(({ name }) => name === store));
  const spec = subTopology?.stores.find(({ name }) => name === store);
  if (subTopology === undefined || spec === undefined) {
    const known = parts
      .filter(({ global }) => !global)
      .flatMap(({ stores }) => stores.map(({ name }) => name));
    throw new TopologyError(
      'TOPOLOGY_STORE_MISSING',
      `There is no store "${store}" whose rows are shared out; those that are: ${known.join(', ') || 'none'}`,
    );
  }
  const count = layout.taskCount(subTopology.id);
  const partition = partitioner?.(key, count) ?? partitionForKey(spec.key.serialize(key), count);
  const task = taskName({ subTopology: subTopology.id, partition });
  const owner = instances.find(({ tasks }) => tasks.includes(task));
  if (owner === undefined) return undefined;
  const standbys = instances.filter(({ standbyTasks }) => standbyTasks.includes(task));
  return { activeHost: owner.host, standbyHosts: standbys.map(({ host }) => host), task, partition };
}
