import type { GroupStore, TimeOrderedBuffer } from '@millrace/state-stores';
import type { RowStore, SessionRowStore, StateStore, WindowRowStore } from '@millrace/state-stores/runtime';
import { TopologyError } from '../../../errors.ts';
import type { Forward } from '../../../record/record.ts';
import type { ProcessorNode } from '../../../topology/graph/nodes.ts';
import type { OperatorContext, TableLookup } from '../../../topology/operator.ts';
import { emitGate } from './emit-gate.ts';
import { handleError } from './guard.ts';
import type { LinkOptions } from './link-options.ts';
import { TaskProcessorContext } from './processor-context.ts';

/** What the linked task collects from its operators. */
export interface Hooks {
  readonly closers: (() => void)[];
  /** Called when time is moved on without a record. */
  readonly advancers: ((streamTime: number) => void | Promise<void>)[];
}

/** Where an operator forwards to. */
export interface Outlets {
  /** To all children. */
  readonly forward: Forward;
  readonly child: (name: string) => Forward;
}

/** What one operator of a task may ask for while the task is linked. */
export function operatorContext(
  node: ProcessorNode,
  { forward, child }: Outlets,
  options: LinkOptions,
  hooks: Hooks,
): OperatorContext {
  const { stores, globalStores, clock, observedTimes, emitGates } = options;
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
    monotonicNow: options.monotonicNow,
    requestCommit: options.requestCommit,
    metrics: options.userMetrics.of(node.name),
    onError: (cause) => handleError(node, cause, undefined, options),
  });
  hooks.closers.push(() => processorContext.close());
  return {
    nodeName: node.name,
    partition: clock.partition,
    sendOldValues: node.table?.sendOldValues ?? false,
    keepsTable: node.table?.materialized ?? false,
    emitGate: (name = node.name) => {
      const gate = emitGates.get(name) ?? emitGate(options.emitIntervalMs, options.now);
      emitGates.set(name, gate);
      return gate;
    },
    rowStore: <K, V>(name: string) => store(name).rows as RowStore<K, V>,
    windowStore: <K, V>(name: string) => store(name) as StateStore & WindowRowStore<K, V>,
    sessionStore: <K, V>(name: string) => store(name) as StateStore & SessionRowStore<K, V>,
    groupStore: <G, V>(name: string) => store(name) as StateStore & GroupStore<G, V>,
    buffer: <K, V>(name: string) => store(name) as StateStore & TimeOrderedBuffer<K, V>,
    lookup: <K, V>(name: string) => lookupOf(name, options, hooks) as TableLookup<K, V>,
    child,
    observedTime: (name = node.name, unknown = -1) => {
      const time = observedTimes.get(name) ?? { value: unknown };
      observedTimes.set(name, time);
      return time;
    },
    dropped: (reason) => options.dropped(reason, node.name),
    asyncScope: options.asyncScope,
    traceJoin: options.tracing?.joins(node.name),
    fail: (cause, record) => handleError(node, cause, record, options),
    processorContext,
    onTimeAdvance: (advance) => hooks.advancers.push(advance),
    onClose: (close) => hooks.closers.push(close),
  };
}

function lookupOf(name: string, options: LinkOptions, hooks: Hooks): TableLookup<unknown, unknown> {
  const node = options.nodes.get(name);
  const noChild = (): never => {
    throw new TopologyError('TOPOLOGY_INVALID', `The lookup of "${name}" cannot forward`);
  };
  if (node?.kind !== 'processor' || node.operator.lookup === undefined) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `The rows of "${name}" cannot be looked up: give that table a store with { as: '...' }`,
    );
  }
  return node.operator.lookup(operatorContext(node, { forward: () => {}, child: noChild }, options, hooks));
}
