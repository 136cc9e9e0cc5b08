import type { StoreSpec } from '@millrace/state-stores';
import type { StateStore } from '@millrace/state-stores/runtime';
import type { TopologyNode } from '../../../topology/graph/nodes.ts';
import type { AsyncScope, ObservedTime } from '../../../topology/operator.ts';
import type { ProcessorWrapper } from '../../../topology/processor.ts';
import type { ProductionExceptionHandler } from '../../../handlers.ts';
import type { CacheBudget } from './change-cache.ts';
import type { GuardOptions } from './guard.ts';
import type { NodeMeter } from './node-meter.ts';
import type { TaskWatch } from './task-watch.ts';
import type { TaskTracing } from '../task-tracing.ts';
import type { UserMetrics } from './user-metrics.ts';
import type { Punctuations } from './punctuation.ts';

/** What a task gives its nodes when they are linked. */
export interface LinkOptions extends GuardOptions {
  readonly nodes: ReadonlyMap<string, TopologyNode>;
  /** The nodes of this sub-topology, in the order in which they were added. */
  readonly subTopology: readonly TopologyNode[];
  readonly applicationId: string;
  readonly taskId: string;
  /** The task's stores and the global ones. */
  readonly stores: ReadonlyMap<string, StateStore>;
  readonly specs: ReadonlyMap<string, StoreSpec>;
  readonly globalStores: ReadonlySet<string>;
  readonly punctuations: Punctuations;
  readonly observedTimes: Map<string, ObservedTime>;
  /** By the name that nodes share them under. */
  readonly emitGates: Map<string, () => boolean>;
  /** For the changes of tables that may wait until the next commit; undefined: none wait. */
  readonly cacheBudget: CacheBudget | undefined;
  readonly emitIntervalMs: number;
  readonly asyncScope: AsyncScope;
  readonly now: () => number;
  /** For intervals: it never goes back. */
  readonly monotonicNow: () => number;
  readonly onProductionError: ProductionExceptionHandler;
  /** Whether serdes check what they write, where they can. */
  readonly validate: boolean;
  readonly wrapProcessor: ProcessorWrapper | undefined;
  readonly requestCommit: () => void;
  readonly userMetrics: UserMetrics;
  /** Undefined where records are not traced. */
  readonly tracing: TaskTracing | undefined;
  readonly watch: TaskWatch | undefined;
  /** Counts the records of each node; undefined: nobody does. */
  readonly meter: NodeMeter | undefined;
}
