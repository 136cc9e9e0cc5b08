import type { Task } from '../task/task.ts';
import type { TimingFigures } from '../task/timing.ts';
import type { AppMetrics } from './app-metrics.ts';
import { metricCatalogue, userGroup } from './catalogue.ts';
import type { Metric } from '@millrace/log-client';
import type { Recorder } from './recorder.ts';

type Group = keyof typeof metricCatalogue;
type Tags = Readonly<Record<string, string>>;

/** What is there to be read of an app at one moment. */
export interface MetricSources {
  readonly applicationId: string;
  readonly state: string;
  /** Since the app was started, tasks that have gone included. */
  readonly counts: AppMetrics;
  readonly recorder: Recorder;
  readonly tasks: readonly Task[];
  /** How many records of a partition are still to be fetched; undefined where that is not known. */
  readonly lagOf: (topic: string, partition: number) => number | undefined;
  readonly copies: readonly { readonly task: string; readonly store: string; readonly lag: number }[];
  readonly standbyTasks: number;
  readonly cacheBytes: number;
  /** What the log measures. */
  readonly ofLog: () => readonly Metric[];
  /** Wall-clock time in milliseconds. */
  readonly now: number;
}

/** All metrics of an app as they are now. Cheap: what is measured is counted by round and by commit. */
export function readMetrics(sources: MetricSources): Metric[] {
  if (!sources.recorder.isOn) return [];
  const metrics = new MetricList({ 'client-id': sources.applicationId });
  addApp(metrics, sources);
  addLoop(metrics, sources.recorder);
  for (const task of sources.tasks) addTask(metrics, task, sources);
  for (const { restore, remaining } of sources.recorder.restoring) {
    const tags = { 'task-id': restore.taskId, 'state-id': restore.store };
    metrics.add('stream-state-metrics', 'restore-remaining-records', remaining, tags);
  }
  for (const { task, store, lag } of sources.copies) {
    metrics.add('stream-state-metrics', 'standby-lag', lag, { 'task-id': task, 'state-id': store });
  }
  for (const metric of sources.ofLog()) metrics.addOther(metric);
  return metrics.list;
}

class MetricList {
  readonly list: Metric[] = [];
  readonly #common: Tags;

  constructor(common: Tags) {
    this.#common = common;
  }

  add<G extends Group>(
    group: G,
    name: keyof (typeof metricCatalogue)[G] & string,
    value: number,
    tags: Tags = {},
  ): void {
    const description = metricCatalogue[group][name] as Omit<Metric, 'name' | 'group' | 'tags' | 'value'>;
    this.list.push({ name, group, ...description, tags: { ...this.#common, ...tags }, value });
  }

  /** A metric that is not in the catalogue. */
  addOther(metric: Metric): void {
    this.list.push({ ...metric, tags: { ...this.#common, ...metric.tags } });
  }

  addUser(metric: Omit<Metric, 'group'>): void {
    this.addOther({ ...metric, group: userGroup });
  }
}

const states = ['created', 'rebalancing', 'running', 'error', 'closed'];

function addApp(metrics: MetricList, { state, counts, recorder, tasks, ...sources }: MetricSources): void {
  const group = 'stream-metrics';
  for (const name of states) metrics.add(group, 'state', name === state ? 1 : 0, { state: name });
  for (const [name, ms] of recorder.stateMs) metrics.add(group, 'state-time-total', ms, { state: name });
  metrics.add(group, 'rebalance-total', recorder.rebalances);
  metrics.add(group, 'process-total', counts.processedRecords);
  metrics.add(group, 'dropped-records-total', counts.droppedRecords);
  metrics.add(group, 'late-records-total', counts.lateRecords);
  metrics.add(group, 'active-tasks', tasks.length);
  metrics.add(group, 'standby-tasks', sources.standbyTasks);
  const { avgMs, minMs, maxMs, p99Ms } = recorder.endToEnd.read();
  metrics.add(group, 'record-e2e-latency-avg', avgMs);
  metrics.add(group, 'record-e2e-latency-min', minMs);
  metrics.add(group, 'record-e2e-latency-max', maxMs);
  metrics.add(group, 'record-e2e-latency-p99', p99Ms);
  metrics.add('stream-state-metrics', 'restore-total', recorder.restoredRecords);
  metrics.add('stream-record-cache-metrics', 'cache-size-bytes', sources.cacheBytes);
}

function addLoop(metrics: MetricList, recorder: Recorder): void {
  const group = 'stream-thread-metrics';
  const timed = (name: 'poll' | 'process' | 'punctuate' | 'commit', figures: TimingFigures): void => {
    metrics.add(group, `${name}-total`, figures.count);
    metrics.add(group, `${name}-time-total`, figures.totalMs);
    metrics.add(group, `${name}-latency-avg`, figures.avgMs);
    metrics.add(group, `${name}-latency-max`, figures.maxMs);
  };
  timed('poll', recorder.poll.read());
  timed('process', recorder.process.read());
  timed('punctuate', recorder.punctuate.read());
  timed('commit', recorder.commit.read());
  metrics.add(group, 'poll-records-total', recorder.polledRecords);
  metrics.add(group, 'task-created-total', recorder.tasksCreated);
  metrics.add(group, 'task-closed-total', recorder.tasksClosed);
}

function addTask(metrics: MetricList, task: Task, { lagOf, now }: MetricSources): void {
  const tags = { 'task-id': task.name };
  const group = 'stream-task-metrics';
  metrics.add(group, 'process-total', task.counts.processed, tags);
  metrics.add(group, 'dropped-records-total', task.counts.dropped, tags);
  metrics.add(group, 'uncommitted-bytes', task.uncommittedBytes, tags);
  metrics.add(group, 'stream-time', task.streamTime, tags);
  let waiting = 0;
  for (const input of task.inputs) {
    waiting += input.waiting;
    const partition = { ...tags, topic: input.topic, partition: String(input.partition) };
    const lag = lagOf(input.topic, input.partition);
    const fetch = 'consumer-fetch-manager-metrics';
    if (lag !== undefined) metrics.add(fetch, 'records-lag', lag + input.waiting, partition);
    const age = input.waiting === 0 ? 0 : Math.max(0, now - input.headTimestamp);
    metrics.add(fetch, 'records-lag-age', age, partition);
  }
  metrics.add(group, 'active-buffer-count', waiting, tags);
  const nodes = 'stream-processor-node-metrics';
  for (const [node, count] of task.counts.droppedBy)
    metrics.add(nodes, 'dropped-records-total', count, { ...tags, 'processor-node-id': node });
  for (const [node, { records, timed, timedMs }] of task.metrics.meter?.counts ?? []) {
    const ofNode = { ...tags, 'processor-node-id': node };
    metrics.add(nodes, 'process-total', records, ofNode);
    if (timed > 0) metrics.add(nodes, 'process-latency-avg', timedMs / timed, ofNode);
  }
  for (const { from, to, records } of task.metrics.meter?.edges ?? [])
    metrics.add(nodes, 'parent-records-total', records, {
      ...tags,
      'processor-node-id': to,
      'parent-node-id': from,
    });
  for (const store of task.stores.all.values()) {
    const state = { ...tags, 'state-id': store.name };
    const { memoryRows, unflushedRows, flushes, diskBytes } = store.stats;
    metrics.add('stream-state-metrics', 'memory-rows', memoryRows, state);
    metrics.add('stream-state-metrics', 'unflushed-rows', unflushedRows, state);
    metrics.add('stream-state-metrics', 'flush-total', flushes, state);
    if (diskBytes !== undefined) metrics.add('stream-state-metrics', 'disk-bytes', diskBytes, state);
  }
  addUserMetrics(metrics, task, tags);
}

function addUserMetrics(metrics: MetricList, task: Task, common: Tags): void {
  for (const { name, kind, description, node, tags, read } of task.metrics.user.all) {
    const all = { ...common, 'processor-node-id': node, ...tags };
    const value = read();
    if (typeof value === 'number') {
      const figure = { kind: kind === 'counter' ? 'counter' : 'gauge', unit: 'count' } as const;
      metrics.addUser({ name, ...figure, description, tags: all, value });
      continue;
    }
    const time = (suffix: string, ms: number): void =>
      metrics.addUser({
        name: `${name}-${suffix}`,
        kind: 'gauge',
        unit: 'ms',
        description,
        tags: all,
        value: ms,
      });
    metrics.addUser({
      name: `${name}-total`,
      kind: 'counter',
      unit: 'count',
      description,
      tags: all,
      value: value.count,
    });
    time('avg', value.avgMs);
    time('max', value.maxMs);
    time('p99', value.p99Ms);
  }
}
