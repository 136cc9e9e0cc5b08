import {
  type Meter,
  type ObservableCallback,
  type ObservableCounter,
  type ObservableGauge,
  metrics as api,
} from '@opentelemetry/api';
import { type Metric, metricCatalogue, type StreamsApp } from '@millrace/streams-core';

/** What a name ends with for its unit: times are in seconds, as Prometheus wants them. */
const suffixes: Record<Metric['unit'], string> = { ms: '_seconds', bytes: '_bytes', records: '', count: '' };

/**
 * A metric's name there: `stream_task_process` for `process-total` of `stream-task-metrics`,
 * `stream_thread_commit_latency_max_seconds` for a time. Exporters add `_total` to counters.
 */
export function telemetryName({ group, name, unit }: Pick<Metric, 'group' | 'name' | 'unit'>): string {
  const base = `${group.replace(/-metrics$/, '')}_${name.replace(/-total$/, '')}`.replaceAll('-', '_');
  return base.endsWith(suffixes[unit]) ? base : base + suffixes[unit];
}

export function telemetryTags(tags: Metric['tags']): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([tag, value]) => [tag.replaceAll('-', '_'), value]));
}

const valueOf = ({ unit, value }: Metric): number => (unit === 'ms' ? value / 1000 : value);

type Instrument = ObservableCounter | ObservableGauge;

/**
 * Gives an app's metrics to OpenTelemetry, which asks for them when it exports. `meter`: default that of the
 * global provider. Returns how to stop.
 */
export function openTelemetryMetrics(app: StreamsApp, meter: Meter = api.getMeter('millrace')): () => void {
  const read = oncePerExport(() => app.readMetrics());
  const instruments = new Map<string, Instrument>();
  for (const [group, metrics] of Object.entries(metricCatalogue)) {
    for (const [name, description] of Object.entries(metrics)) {
      instruments.set(`${group} ${name}`, instrument(meter, { group, name, ...description }));
    }
  }
  const all = [...instruments.values()];
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    for (const metric of read()) {
      const found = instruments.get(`${metric.group} ${metric.name}`);
      if (found !== undefined) result.observe(found, valueOf(metric), telemetryTags(metric.tags));
    }
  };
  meter.addBatchObservableCallback(observe, all);
  const stopOwn = userMetrics(read, meter, instruments);
  return () => {
    meter.removeBatchObservableCallback(observe, all);
    stopOwn();
  };
}

/** An export asks every instrument, in one turn: all of them get what was read first. */
function oncePerExport(read: () => readonly Metric[]): () => readonly Metric[] {
  let last: readonly Metric[] | undefined;
  return () => {
    if (last === undefined) {
      last = read();
      setImmediate(() => {
        last = undefined;
      });
    }
    return last;
  };
}

/** What processors measure is not known before they do. */
function userMetrics(
  read: () => readonly Metric[],
  meter: Meter,
  known: ReadonlyMap<string, Instrument>,
): () => void {
  const own = new Map<
    string,
    {
      readonly found: Instrument;
      readonly observe: ObservableCallback;
    }
  >();
  const look = (): void => {
    for (const metric of read()) {
      const id = `${metric.group} ${metric.name}`;
      if (known.has(id) || own.has(id)) continue;
      const observe: ObservableCallback = (result) => {
        for (const one of read()) {
          if (`${one.group} ${one.name}` === id) result.observe(valueOf(one), telemetryTags(one.tags));
        }
      };
      const found = instrument(meter, metric);
      found.addCallback(observe);
      own.set(id, { found, observe });
    }
  };
  // An instrument that is always there is asked at every export: then it looks for new ones.
  const probe = meter.createObservableGauge('stream_user_metrics', {
    description: 'Metrics that processors have made',
  });
  const ask = (result: { observe(value: number): void }): void => {
    look();
    result.observe(own.size);
  };
  probe.addCallback(ask);
  look();
  return () => {
    probe.removeCallback(ask);
    for (const { found, observe } of own.values()) found.removeCallback(observe);
  };
}

function instrument(
  meter: Meter,
  { group, name, kind, unit, description }: Pick<Metric, 'group' | 'name' | 'kind' | 'unit' | 'description'>,
): Instrument {
  const options = { description };
  const full = telemetryName({ group, name, unit });
  return kind === 'counter'
    ? meter.createObservableCounter(full, options)
    : meter.createObservableGauge(full, options);
}
