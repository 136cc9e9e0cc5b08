import type { Metric } from '@millrace/log-client';
import { type Health, RecordError, type StreamsApp } from '@millrace/streams-core';

/** One instance, as the group last agreed. */
export interface InstanceView {
  readonly host: string | undefined;
  readonly tasks: readonly string[];
  readonly standbyTasks: readonly string[];
}

export interface StoreFigures {
  readonly memoryRows: number;
  readonly diskBytes: number;
  /** Changelog records that are still to be restored. */
  readonly restoreRemaining: number;
}

/** The first two where the recording level is debug. */
export interface NodeFigures {
  readonly processed?: number;
  /** Of a record, without the nodes below: the mean of all tasks. */
  readonly latencyMs?: number;
  /** Of a node with several parents: what has come from each. */
  readonly from?: Readonly<Record<string, number>>;
  readonly dropped: number;
}

/** What the page shows of a running app at one moment. Totals only grow: rates are for the page to make. */
export interface Snapshot {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** Of an app that does not run in the process that serves the page. */
  readonly isOutside?: true;
  readonly state: string;
  readonly health: Health;
  /** The node at which the app has failed, where it has failed at one. */
  readonly failedAt?: string;
  readonly tasks: readonly string[];
  readonly standbyTasks: readonly string[];
  readonly instances: readonly InstanceView[];
  readonly processed: number;
  readonly dropped: number;
  readonly late: number;
  readonly rebalances: number;
  readonly endToEndP99Ms: number;
  readonly commitMs: number;
  readonly commits: number;
  readonly residentBytes: number;
  readonly nodes: Readonly<Record<string, NodeFigures>>;
  /** Records of a topic that were not processed yet. */
  readonly lag: Readonly<Record<string, number>>;
  readonly stores: Readonly<Record<string, StoreFigures>>;
}

export function snapshotOf(app: StreamsApp): Snapshot {
  const metrics = app.readMetrics();
  const figure = (group: string, name: string): number =>
    metrics.find((metric) => metric.group === group && metric.name === name)?.value ?? 0;
  return {
    at: Date.now(),
    state: app.state,
    health: app.health(),
    ...(app.failure instanceof RecordError ? { failedAt: app.failure.node } : {}),
    tasks: app.taskIds,
    standbyTasks: app.standbyTaskIds,
    instances: app.metadataForAllStreamsClients(),
    processed: figure('stream-metrics', 'process-total'),
    dropped: figure('stream-metrics', 'dropped-records-total'),
    late: figure('stream-metrics', 'late-records-total'),
    rebalances: figure('stream-metrics', 'rebalance-total'),
    endToEndP99Ms: figure('stream-metrics', 'record-e2e-latency-p99'),
    commitMs: figure('stream-thread-metrics', 'commit-latency-avg'),
    commits: figure('stream-thread-metrics', 'commit-total'),
    residentBytes: process.memoryUsage.rss(),
    nodes: nodesOf(metrics),
    lag: sumBy(metrics, 'records-lag', 'topic'),
    stores: storesOf(metrics),
  };
}

/** The sum of a metric over all tasks, by a tag. */
function sumBy(metrics: readonly Metric[], name: string, tag: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const metric of metrics) {
    const key = metric.tags[tag];
    if (metric.name === name && key !== undefined) sums[key] = (sums[key] ?? 0) + metric.value;
  }
  return sums;
}

function nodesOf(metrics: readonly Metric[]): Snapshot['nodes'] {
  const ofNodes = metrics.filter(({ group }) => group === 'stream-processor-node-metrics');
  const processed = sumBy(ofNodes, 'process-total', 'processor-node-id');
  const dropped = sumBy(ofNodes, 'dropped-records-total', 'processor-node-id');
  const latencies = Object.entries(sumBy(ofNodes, 'process-latency-avg', 'processor-node-id'));
  const tasks = countBy(ofNodes, 'process-latency-avg', 'processor-node-id');
  const means = new Map(latencies.map(([name, sum]) => [name, sum / tasks.get(name)!]));
  const names = new Set([...Object.keys(processed), ...Object.keys(dropped)]);
  const fromParents = ofNodes.filter(({ name }) => name === 'parent-records-total');
  return Object.fromEntries(
    [...names].map((name): [string, NodeFigures] => {
      const count = processed[name];
      const latencyMs = means.get(name);
      return [
        name,
        {
          dropped: dropped[name] ?? 0,
          ...fromOf(fromParents, name),
          ...(count === undefined ? {} : { processed: count }),
          ...(latencyMs === undefined ? {} : { latencyMs }),
        },
      ];
    }),
  );
}

function fromOf(metrics: readonly Metric[], node: string): Pick<NodeFigures, 'from'> {
  const own = metrics.filter(({ tags }) => tags['processor-node-id'] === node);
  return own.length === 0 ? {} : { from: sumBy(own, 'parent-records-total', 'parent-node-id') };
}

/** In how many tasks a metric is, by a tag. */
function countBy(metrics: readonly Metric[], name: string, tag: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const metric of metrics) {
    const key = metric.tags[tag];
    if (metric.name === name && key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function storesOf(metrics: readonly Metric[]): Snapshot['stores'] {
  const rows = sumBy(metrics, 'memory-rows', 'state-id');
  const disk = sumBy(metrics, 'disk-bytes', 'state-id');
  const restore = sumBy(metrics, 'restore-remaining-records', 'state-id');
  const names = new Set([rows, disk, restore].flatMap((sums) => Object.keys(sums)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      {
        memoryRows: rows[name] ?? 0,
        diskBytes: disk[name] ?? 0,
        restoreRemaining: restore[name] ?? 0,
      },
    ]),
  );
}
