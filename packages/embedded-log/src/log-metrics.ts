import { describesMetric, type Metric, type MetricDescription } from '@millrace/log-client';
import type { CompactionStats } from './compaction/compactor.ts';
import type { LogCounters } from './storage/log-counters.ts';
import type { LogState } from './storage/log-state.ts';

const total = describesMetric('counter', 'count');
const bytesTotal = describesMetric('counter', 'bytes');
const bytes = describesMetric('gauge', 'bytes');

/** Every metric of an embedded log by group and name, as `metricCatalogue` has those of an app. */
export const logMetricCatalogue = {
  'log-metrics': {
    'commit-total': total('Commits written'),
    'append-records-total': describesMetric('counter', 'records')('Records appended'),
    'append-bytes-total': bytesTotal('Batches appended'),
    'sync-total': total('Syncs to the device that commits waited for'),
    'sync-time-total': describesMetric('counter', 'ms')('Time spent in syncs'),
    'checkpoint-total': total('Checkpoints written'),
    'failed-checkpoint-total': total('Checkpoints that could not be written, and are tried again'),
    'journal-bytes': bytes('The journal since the last checkpoint'),
    'queue-bytes': bytes('Commits that wait for the writer'),
    'segment-count': describesMetric('gauge', 'count')('Segments of all partitions'),
    'size-bytes': bytes('All partitions of a topic'),
    'retention-offsets-total': describesMetric('counter', 'records')('Offsets deleted by retention'),
    'retention-bytes-total': bytesTotal('Segments deleted by retention'),
  },
  'log-cleaner-metrics': {
    'pass-total': total('Compactions of a partition'),
    'failed-pass-total': total('Compactions that failed, and are tried again'),
    'read-bytes-total': bytesTotal('Segments before their compaction'),
    'written-bytes-total': bytesTotal('Segments after their compaction'),
  },
} as const satisfies Record<string, Record<string, MetricDescription>>;

export interface LogMetricSources {
  readonly counters: LogCounters;
  readonly compaction: CompactionStats;
  readonly state: LogState;
  readonly journalBytes: number;
  readonly queueBytes: number;
}

/** All metrics of a log as they are now. */
export function readLogMetrics({
  counters,
  compaction,
  state,
  journalBytes,
  queueBytes,
}: LogMetricSources): Metric[] {
  const list: Metric[] = [];
  const adding =
    <G extends keyof typeof logMetricCatalogue>(group: G) =>
    (name: keyof (typeof logMetricCatalogue)[G] & string, value: number, tags: Metric['tags'] = {}): void => {
      const description = logMetricCatalogue[group][name] as MetricDescription;
      list.push({ name, group, ...description, tags, value });
    };
  const log = adding('log-metrics');
  log('commit-total', counters.commits);
  log('append-records-total', counters.records);
  log('append-bytes-total', counters.bytes);
  log('sync-total', counters.syncs);
  log('sync-time-total', counters.syncMs);
  log('checkpoint-total', counters.checkpoints);
  log('failed-checkpoint-total', counters.failedCheckpoints);
  log('journal-bytes', journalBytes);
  log('queue-bytes', queueBytes);
  log('retention-offsets-total', counters.expiredOffsets);
  log('retention-bytes-total', counters.expiredBytes);
  let segments = 0;
  for (const { name, state: partitions } of state.topics.values()) {
    let size = 0;
    for (const partition of partitions) {
      segments += partition.segments.length;
      size += partition.bytes;
    }
    log('size-bytes', size, { topic: name });
  }
  log('segment-count', segments);
  const cleaner = adding('log-cleaner-metrics');
  cleaner('pass-total', compaction.passes);
  cleaner('failed-pass-total', compaction.failures);
  cleaner('read-bytes-total', compaction.bytesBefore);
  cleaner('written-bytes-total', compaction.bytesAfter);
  return list;
}
