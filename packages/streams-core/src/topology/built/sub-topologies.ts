import type { StoreSpec } from '@millrace/state-stores';
import type { SourceNode, TopologyNode } from '../graph/nodes.ts';

/**
 * A part of a topology whose nodes hang together: by edges, or by stores they share. Each partition of it is
 * a task.
 */
export interface SubTopology {
  readonly id: number;
  readonly nodes: readonly TopologyNode[];
  readonly sources: readonly SourceNode[];
  readonly stores: readonly StoreSpec[];
  /** It fills a global table, and has no tasks. */
  readonly global: boolean;
}

/** Sets that grow together: the classic union-find, with path halving. */
class Groups {
  readonly #parents = new Map<string, string>();

  find(name: string): string {
    let at = name;
    for (let parent = this.#parents.get(at); parent !== undefined; parent = this.#parents.get(at)) {
      const grand = this.#parents.get(parent);
      if (grand !== undefined) this.#parents.set(at, grand);
      at = parent;
    }
    return at;
  }

  join(a: string, b: string): void {
    const [from, to] = [this.find(a), this.find(b)];
    if (from !== to) this.#parents.set(from, to);
  }
}

/**
 * The parts of a topology, numbered in the order in which their first nodes were added, as Kafka Streams
 * does.
 */
export function findSubTopologies(
  nodes: ReadonlyMap<string, TopologyNode>,
  stores: ReadonlyMap<string, StoreSpec>,
  globalStores: ReadonlySet<string>,
): SubTopology[] {
  const groups = new Groups();
  const firstUser = new Map<string, string>();
  for (const node of nodes.values()) {
    if (node.kind === 'source') continue;
    for (const parent of node.parents) groups.join(node.name, parent);
    if (node.kind !== 'processor') continue;
    for (const store of node.stores) {
      if (globalStores.has(store)) continue;
      const user = firstUser.get(store);
      if (user === undefined) firstUser.set(store, node.name);
      else groups.join(node.name, user);
    }
  }
  const parts = new Map<string, TopologyNode[]>();
  for (const node of nodes.values()) {
    const root = groups.find(node.name);
    parts.set(root, [...(parts.get(root) ?? []), node]);
  }
  return [...parts.values()].map((part, id) => {
    const sources = part.filter((node): node is SourceNode => node.kind === 'source');
    const names = new Set(part.flatMap((node) => (node.kind === 'processor' ? node.stores : [])));
    return {
      id,
      nodes: part,
      sources,
      stores: [...stores.values()].filter((spec) => names.has(spec.name)),
      global: sources.some((source) => source.global),
    };
  });
}
