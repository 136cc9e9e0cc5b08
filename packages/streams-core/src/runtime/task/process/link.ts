import { TopologyError } from '../../../errors.ts';
import type { Change, Forward, StreamRecord } from '../../../record/record.ts';
import { sequence } from '../../../record/sequence.ts';
import { toAwait } from '../../../record/to-await.ts';
import type { ProcessorNode, SourceNode, TopologyNode } from '../../../topology/graph/nodes.ts';
import { ChangeCache } from './change-cache.ts';
import { guard } from './guard.ts';
import type { LinkOptions } from './link-options.ts';
import { type Hooks, operatorContext } from './operator-context.ts';
import { watched } from './task-watch.ts';
import { openSink } from '../output/sink-node.ts';

export interface Linked {
  /** Where the records of each source node go. */
  readonly entries: ReadonlyMap<string, Forward>;
  /** Sends on what waits in caches. */
  flushCaches(): void | Promise<void>;
  /** Tells operators that time has moved on without a record. */
  advanceTime(streamTime: number): void | Promise<void>;
  close(): void;
}

interface Linking extends LinkOptions {
  readonly forwards: Map<string, Forward>;
  /** From each node to its children, as they were asked for. */
  readonly ways: Map<TopologyNode, Map<string, Forward>>;
  /** From the last node to the first. */
  readonly caches: ChangeCache[];
  readonly hooks: Hooks;
}

/**
 * Turns the nodes of a task into closures, sinks first, so that a record goes down a chain of plain calls.
 */
export function link(options: LinkOptions): Linked {
  const hooks: Hooks = { closers: [], advancers: [] };
  const linking: Linking = { ...options, forwards: new Map(), ways: new Map(), caches: [], hooks };
  const { forwards } = linking;
  const children = childrenOf(options.subTopology);
  const below = (node: TopologyNode): Forward =>
    fanOut((children.get(node.name) ?? []).map((name) => edgeTo(name, node, linking)!));
  const open = (node: TopologyNode): Forward => {
    if (node.kind === 'source') return below(node);
    if (node.kind === 'sink') return openSink(node, options);
    return openProcessor(node, below(node), linking);
  };
  for (const node of [...options.subTopology].reverse()) {
    const run = watched(node.name, open(node), options.watch);
    forwards.set(node.name, options.meter?.metered(node.name, run) ?? run);
  }
  const sources = options.subTopology.filter((node): node is SourceNode => node.kind === 'source');
  // Those nearer to the sources first: what they send may wait again further down.
  const caches = linking.caches.reverse();
  const advancers = hooks.advancers.reverse();
  return {
    entries: new Map(sources.map(({ name }) => [name, forwards.get(name)!])),
    flushCaches: () => sequence(caches.length, (index) => caches[index]!.flush()),
    advanceTime: (streamTime) => sequence(advancers.length, (index) => advancers[index]!(streamTime)),
    close: () => {
      for (const close of hooks.closers) close();
    },
  };
}

/** Where a node's records go on to a child of it; undefined for a node that is not there. */
function edgeTo(child: string, node: TopologyNode, linking: Linking): Forward | undefined {
  const { forwards, meter, subTopology, ways } = linking;
  const run = forwards.get(child);
  if (run === undefined || meter === undefined) return run;
  const known = ways.get(node)?.get(child);
  if (known !== undefined) return known;
  const to = subTopology.find(({ name }) => name === child);
  const hasOthers = to !== undefined && to.kind !== 'source' && to.parents.length > 1;
  const way = hasOthers ? meter.edge(node.name, child, run) : run;
  const own = ways.get(node);
  if (own === undefined) ways.set(node, new Map([[child, way]]));
  else own.set(child, way);
  return way;
}

function childrenOf(subTopology: readonly TopologyNode[]): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const node of subTopology) {
    if (node.kind === 'source' || (node.kind === 'sink' && node.side === true)) continue;
    for (const parent of node.parents) children.set(parent, [...(children.get(parent) ?? []), node.name]);
  }
  return children;
}

function fanOut(forwards: readonly Forward[]): Forward {
  const [first, second] = forwards;
  if (first === undefined) return () => {};
  if (second === undefined) return first;
  return (record) => sequence(forwards.length, (index) => forwards[index]!(record));
}

function openProcessor(node: ProcessorNode, below: Forward, linking: Linking): Forward {
  const child = (name: string): Forward => {
    const found = edgeTo(name, node, linking);
    if (found !== undefined) return found;
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `Processor "${node.name}" has no child "${name}" to forward to`,
    );
  };
  const cache = cacheOf(node, below, linking);
  const cached: Forward = cache === undefined ? below : (record) => cache.put(record as CachedRecord);
  const context = operatorContext(node, { forward: cached, child }, linking, linking.hooks);
  // A cache needs the old value in any case.
  const opened = cache === undefined ? context : { ...context, sendOldValues: true };
  const open = node.operator.open(opened, cached as Forward<unknown, unknown>) as Forward;
  const wrapped = linking.wrapProcessor?.(
    { name: node.name, kind: node.operator.kind, taskId: linking.taskId },
    open,
  );
  const run: Forward = wrapped === undefined ? open : (record) => toAwait(wrapped(record));
  return guard(node, run, linking);
}

type CachedRecord = StreamRecord<unknown, Change<unknown>>;

function cacheOf({ table }: ProcessorNode, below: Forward, linking: Linking): ChangeCache | undefined {
  const { cacheBudget: budget, specs, caches } = linking;
  if (budget === undefined || table?.store === undefined || !table.materialized || !table.cached)
    return undefined;
  const { sendOldValues } = table;
  const cache = new ChangeCache({ spec: specs.get(table.store)!, sendOldValues, forward: below, budget });
  caches.push(cache);
  return cache;
}
