import type { BufferView, KeyValueView, StateStore, WindowView } from '@millrace/state-stores';
import { isStreamsError, RecordError, TopologyError } from '../../errors.ts';
import type { Forward, StreamRecord } from '../../record.ts';
import { sequence } from '../../sequence.ts';
import type { ProcessorNode, SourceNode, TopologyNode } from '../../topology/nodes.ts';
import type { ObservedTime, OperatorContext, TableView } from '../../topology/operator.ts';
import { TaskProcessorContext } from './processor-context.ts';
import type { Punctuations } from './punctuation.ts';
import type { RecordCollector } from './record-collector.ts';
import { openSink } from './sink-node.ts';
import type { TaskClock } from './task-clock.ts';
import type { TopicDirectory } from './topic-directory.ts';

export interface LinkOptions {
  readonly nodes: ReadonlyMap<string, TopologyNode>;
  /** The nodes of this sub-topology, in the order in which they were added. */
  readonly part: readonly TopologyNode[];
  readonly applicationId: string;
  readonly taskId: string;
  /** The task's stores and the global ones. */
  readonly stores: ReadonlyMap<string, StateStore>;
  readonly globalStores: ReadonlySet<string>;
  readonly collector: RecordCollector;
  readonly directory: TopicDirectory;
  readonly clock: TaskClock;
  readonly punctuations: Punctuations;
  readonly observedTimes: Map<string, ObservedTime>;
  readonly now: () => number;
  readonly dropped: () => void;
  readonly requestCommit: () => void;
}

export interface Linked {
  /** Where the records of each source node go. */
  readonly entries: ReadonlyMap<string, Forward>;
  close(): void;
}

/** Turns the nodes of a task into closures, sinks first, so that a record goes down a chain of plain calls. */
export function link(options: LinkOptions): Linked {
  const forwards = new Map<string, Forward>();
  const closers: (() => void)[] = [];
  const children = childrenOf(options.part);
  const below = (node: TopologyNode): Forward =>
    fanOut((children.get(node.name) ?? []).map((name) => forwards.get(name)!));
  for (const node of [...options.part].reverse()) {
    if (node.kind === 'source') forwards.set(node.name, below(node));
    else if (node.kind === 'sink')
      forwards.set(node.name, openSink(node, options.collector, options.directory, options.clock));
    else forwards.set(node.name, openProcessor(node, below(node), forwards, options, closers));
  }
  const sources = options.part.filter((node): node is SourceNode => node.kind === 'source');
  return {
    entries: new Map(sources.map(({ name }) => [name, forwards.get(name)!])),
    close: () => {
      for (const close of closers) close();
    },
  };
}

function childrenOf(part: readonly TopologyNode[]): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const node of part) {
    if (node.kind === 'source') continue;
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

function openProcessor(
  node: ProcessorNode,
  below: Forward,
  forwards: ReadonlyMap<string, Forward>,
  options: LinkOptions,
  closers: (() => void)[],
): Forward {
  const child = (name: string): Forward => {
    const found = forwards.get(name);
    if (found !== undefined) return found;
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `Processor "${node.name}" has no child "${name}" to forward to`,
    );
  };
  const context = operatorContext(node, below, child, options, closers);
  const open = node.operator.open(context, below as Forward<unknown, unknown>) as Forward;
  return named(node.name, open, options.clock);
}

/** Says which node an error came from: the innermost one names it. */
function named(nodeName: string, forward: Forward, clock: TaskClock): Forward {
  const fail = (cause: unknown): never => {
    if (isStreamsError(cause) && cause.name === 'RecordError') throw cause;
    throw new RecordError(
      'RECORD_PROCESSING',
      'A record could not be processed',
      nodeName,
      clock.origin,
      cause,
    );
  };
  return (record: StreamRecord<unknown, unknown>) => {
    try {
      const pending = forward(record);
      return pending === undefined ? undefined : pending.catch(fail);
    } catch (cause) {
      return fail(cause);
    }
  };
}

function operatorContext(
  node: ProcessorNode,
  forward: Forward,
  child: (name: string) => Forward,
  options: LinkOptions,
  closers: (() => void)[],
): OperatorContext {
  const { stores, globalStores, clock, observedTimes } = options;
  const store = (name: string): StateStore => {
    const found = stores.get(name);
    if (found !== undefined) return found;
    throw new TopologyError(
      'TOPOLOGY_STORE_MISSING',
      `Node "${node.name}" finds no store "${name}" in task ${options.taskId}`,
    );
  };
  const processorContext = new TaskProcessorContext({
    nodeName: node.name,
    applicationId: options.applicationId,
    taskId: options.taskId,
    forward,
    child,
    findStore: (name) =>
      node.stores.includes(name) || globalStores.has(name) ? stores.get(name) : undefined,
    clock,
    punctuations: options.punctuations,
    now: options.now,
    requestCommit: options.requestCommit,
  });
  closers.push(() => processorContext.close());
  return {
    nodeName: node.name,
    sendOldValues: node.table?.sendOldValues ?? false,
    keepsTable: node.table?.materialized ?? false,
    keyValueStore: <K, V>(name: string) => store(name) as KeyValueView<K, V>,
    windowStore: <K, V>(name: string) => store(name) as WindowView<K, V>,
    buffer: <K, V>(name: string) => store(name) as BufferView<K, V>,
    view: <K, V>(name: string) => viewOf(name, options, closers) as TableView<K, V>,
    child,
    observedTime: (name = node.name) => {
      const time = observedTimes.get(name) ?? { value: -1 };
      observedTimes.set(name, time);
      return time;
    },
    dropped: options.dropped,
    processorContext,
    onClose: (close) => closers.push(close),
  };
}

function viewOf(name: string, options: LinkOptions, closers: (() => void)[]): TableView<unknown, unknown> {
  const node = options.nodes.get(name);
  const noChild = (): never => {
    throw new TopologyError('TOPOLOGY_INVALID', `The view of "${name}" cannot forward`);
  };
  if (node?.kind !== 'processor' || node.operator.view === undefined) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `The rows of "${name}" cannot be looked up: give that table a store with { as: '...' }`,
    );
  }
  return node.operator.view(operatorContext(node, () => {}, noChild, options, closers));
}
