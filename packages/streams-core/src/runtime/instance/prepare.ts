import { expandPatterns, hasPatterns } from '../../topology/built/expand-patterns.ts';
import type { ResolvedTopics } from '../../topology/built/internal-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import { TaskLayout } from '../assign/task-assignor.ts';
import { RepartitionPurge } from '../commit/repartition-purge.ts';
import { TaskCommitter } from '../commit/task-committer.ts';
import type { ResolvedConfig } from '../config.ts';
import { GlobalTables } from '../stores/global-tables.ts';
import { inputTopics, setUpTopics } from '../topics/topic-setup.ts';
import type { InstanceOptions } from './instance-options.ts';
import { TaskRegistry } from './task-registry.ts';

/** What an instance has before it joins its group. */
export interface Prepared {
  readonly topology: Topology;
  readonly layout: TaskLayout;
  readonly inputs: string;
  readonly tasks: TaskRegistry;
  readonly committer: TaskCommitter;
  readonly purge: RepartitionPurge;
  readonly globals: GlobalTables | undefined;
}

/** Checks topics, creates internal ones and reads global tables. */
export async function prepare(options: InstanceOptions): Promise<Prepared> {
  const { config, positions, signal, queried, recorder } = options;
  const { log } = config;
  const topology = await expanded(options.topology, config);
  const { topics, directory, inputs } = await setUpTopics(topology, config);
  const layout = new TaskLayout(topology, topics);
  signal.throwIfAborted();
  const globals = await GlobalTables.open(topology, {
    inputListener: config.inputListener,
    log,
    signal,
    onDeserializationError: config.deserializationExceptionHandler,
    onProcessingError: config.processingExceptionHandler,
    logger: config.logger,
  });
  const globalStores = globals?.stores ?? new Map();
  for (const name of queried) globalStores.get(name)?.track();
  const tasks = new TaskRegistry({
    topology,
    config,
    layout,
    directory,
    globalStores,
    positions,
    signal,
    queried,
    recorder,
  });
  const purge = repartitionPurge(topology, config, topics);
  const committer = new TaskCommitter(
    config,
    (offsets) => {
      positions.committed(offsets);
      purge.committed(offsets);
      options.onCommit();
    },
    directory,
  );
  return { topology, layout, inputs, tasks, committer, purge, globals };
}

function repartitionPurge(
  topology: Topology,
  { log, repartitionPurgeIntervalMs: intervalMs, logger }: ResolvedConfig,
  topics: ResolvedTopics,
): RepartitionPurge {
  const names = new Set([...topology.repartitionTopics.keys()].map((name) => topics.realName(name)));
  return new RepartitionPurge({ log, topics: names, intervalMs, logger });
}

/** The topology with the topics that its patterns match at present. */
async function expanded(topology: Topology, { log }: ResolvedConfig): Promise<Topology> {
  if (!hasPatterns(topology)) return topology;
  return expandPatterns(topology, [...(await log.admin.topics()).keys()]);
}

/**
 * The input topics as they are now, as a text that changes with their ids and partition counts, and with what
 * patterns match.
 */
export async function lookAtInputs(topology: Topology, config: ResolvedConfig): Promise<string> {
  return inputTopics(await expanded(topology, config), config);
}
