import { failOnRecordError } from '../../handlers.ts';
import type { DropReason, ObservedTime } from '../../topology/operator.ts';
import type { RecordCollector } from './output/record-collector.ts';
import type { TaskAsyncScope } from './process/async-scope.ts';
import { type Linked, link } from './process/link.ts';
import type { Punctuations } from './process/punctuation.ts';
import type { NodeMeter } from './process/node-meter.ts';
import type { TaskTracing } from './task-tracing.ts';
import type { UserMetrics } from './process/user-metrics.ts';
import { taskName } from './task-id.ts';
import type { TaskOptions } from './task-options.ts';

/** What a task shares with its nodes. */
export interface TaskParts {
  readonly collector: RecordCollector;
  readonly punctuations: Punctuations;
  readonly asyncScope: TaskAsyncScope;
  readonly observedTimes: Map<string, ObservedTime>;
  readonly dropped: (reason: DropReason | undefined, node: string) => void;
  readonly requestCommit: () => void;
  readonly userMetrics: UserMetrics;
  readonly meter: NodeMeter | undefined;
  readonly tracing: TaskTracing | undefined;
}

/** Links the nodes of a task's sub-topology, with defaults where its options are silent. */
export function linkTask(options: TaskOptions, parts: TaskParts): Linked {
  const { id, subTopology, topology, stores, globalStores, now, watch } = options;
  return link({
    ...parts,
    nodes: topology.nodes,
    subTopology: subTopology.nodes,
    applicationId: options.applicationId,
    taskId: taskName(id),
    stores: new Map([...globalStores, ...stores]),
    specs: topology.stores,
    cacheBudget: options.cacheBudget,
    emitIntervalMs: options.emitIntervalMs ?? 0,
    globalStores: topology.globalStores,
    directory: options.directory,
    clock: options.clock,
    emitGates: new Map(),
    now,
    monotonicNow: options.monotonicNow ?? now,
    validate: options.validate ?? false,
    onProcessingError: options.onProcessingError ?? failOnRecordError,
    onProductionError: options.onProductionError ?? failOnRecordError,
    wrapProcessor: topology.processorWrapper,
    watch,
    dropped:
      watch === undefined
        ? parts.dropped
        : (reason, node) => {
            watch.dropped(node, reason ?? 'null');
            parts.dropped(reason, node);
          },
  });
}
