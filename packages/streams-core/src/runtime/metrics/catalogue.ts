import { describesMetric, type MetricDescription } from '@millrace/log-client';

const total = describesMetric('counter', 'count');
const records = describesMetric('counter', 'records');
const ms = describesMetric('gauge', 'ms');
const spent = describesMetric('counter', 'ms');
const now = describesMetric('gauge', 'count');

type TimingNames<N extends string> =
  | `${N}-total`
  | `${N}-time-total`
  | `${N}-latency-avg`
  | `${N}-latency-max`;

/** Figures of a timing, under Kafka Streams' suffixes. */
function timing<N extends string>(what: string, name: N): Record<TimingNames<N>, MetricDescription> {
  const described: Record<string, MetricDescription> = {
    [`${name}-total`]: total(`${what}: how many`),
    [`${name}-time-total`]: spent(`${what}: time spent in all`),
    [`${name}-latency-avg`]: ms(`${what}: mean time, of the last minute`),
    [`${name}-latency-max`]: ms(`${what}: longest time, of the last minute`),
  };
  return described as Record<TimingNames<N>, MetricDescription>;
}

/**
 * Every metric of an app by group and name. Rates are left to who reads: they are the slopes of totals.
 */
export const metricCatalogue = {
  'stream-metrics': {
    state: now('1 for the state that the app is in, 0 for the others'),
    'state-time-total': spent('Time in each state'),
    'rebalance-total': total('Rebalances, the first one included'),
    'process-total': records('Records taken up by all tasks, those that have gone included'),
    'dropped-records-total': records('Records skipped: null keys, late ones, unreadable ones'),
    'late-records-total': records('Records skipped because their window was closed'),
    'active-tasks': now('Tasks that this instance works on'),
    'standby-tasks': now('Tasks whose stores this instance keeps copies of'),
    'record-e2e-latency-avg': ms(
      "From a record's timestamp to the commit of its results: mean of the last minute",
    ),
    'record-e2e-latency-min': ms(
      "From a record's timestamp to the commit of its results: shortest of the last minute",
    ),
    'record-e2e-latency-max': ms(
      "From a record's timestamp to the commit of its results: longest of the last minute",
    ),
    'record-e2e-latency-p99': ms(
      "From a record's timestamp to the commit of its results: 99th percentile of the last minute",
    ),
  },
  'stream-thread-metrics': {
    ...timing('Polls of the log', 'poll'),
    'poll-records-total': records('Records fetched'),
    ...timing('Rounds over the tasks', 'process'),
    ...timing('Calls of punctuators, by round', 'punctuate'),
    ...timing('Commits', 'commit'),
    'task-created-total': total('Tasks opened'),
    'task-closed-total': total('Tasks closed'),
  },
  'stream-task-metrics': {
    'process-total': records('Records taken up'),
    'dropped-records-total': records('Records skipped'),
    'active-buffer-count': describesMetric(
      'gauge',
      'records',
    )('Records that were fetched and wait to be processed'),
    'uncommitted-bytes': describesMetric('gauge', 'bytes')('Results that wait for the next commit'),
    'stream-time': ms('The largest timestamp taken up, since the epoch'),
  },
  'stream-processor-node-metrics': {
    'dropped-records-total': records('Records that this node skipped'),
    'process-total': records('Records that came to this node (debug)'),
    'parent-records-total': records(
      'Records that came to this node from the one of its parents that the tag parent-node-id names (debug)',
    ),
    'process-latency-avg': ms(
      'Time of a record at this node, without the nodes below it: mean of one record in 16 (debug)',
    ),
  },
  'consumer-fetch-manager-metrics': {
    'records-lag': describesMetric(
      'gauge',
      'records',
    )('Records of the partition that were not processed yet'),
    'records-lag-age': ms(
      'Age of the oldest record that was fetched and not processed; 0 where there is none',
    ),
  },
  'stream-state-metrics': {
    'restore-total': records('Changelog records restored'),
    'restore-remaining-records': describesMetric(
      'gauge',
      'records',
    )('Changelog records that are still to be restored'),
    'standby-lag': describesMetric('gauge', 'records')('Changelog records that a copy is behind'),
    'memory-rows': now('Rows and window segments in memory'),
    'unflushed-rows': now('Rows and window segments that wait to be written to disk'),
    'flush-total': total('Writes to disk'),
    'disk-bytes': describesMetric('gauge', 'bytes')('Size on disk, about, as of the last write'),
  },
  'stream-record-cache-metrics': {
    'cache-size-bytes': describesMetric('gauge', 'bytes')('Changes of tables that wait in caches'),
  },
} as const satisfies Record<string, Record<string, MetricDescription>>;

/** The group of what processors measure themselves. */
export const userGroup = 'stream-user-metrics';
