import type { StateStore } from '@millrace/state-stores/runtime';
import type { StorePartition, StorePartitions } from '@millrace/streams-core/runtime';

/** A store of a driver, as queries see it: all of it is here, and committed. */
export function onePartition(spec: StorePartitions['spec'], store: () => StateStore): StorePartitions {
  const partition = (): StorePartition => ({
    partition: 0,
    store: store(),
    isReplica: true,
    isOpen: () => true,
    position: () => undefined,
  });
  return {
    spec,
    count: () => 1,
    here: () => [partition()],
    all: () => [partition()],
    find: partition,
    // Nothing changes but by calls of the test.
    changed: () => new Promise(() => {}),
    isOver: () => false,
  };
}
