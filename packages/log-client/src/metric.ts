/** A figure that only grows, or one that goes up and down. */
export type MetricKind = 'counter' | 'gauge';

export type MetricUnit = 'records' | 'ms' | 'bytes' | 'count';

/** One figure of a running app or log, under Kafka's name and in its group where it has one. */
export interface Metric {
  /** E.g. `process-total`. */
  readonly name: string;
  /** E.g. `stream-task-metrics`. */
  readonly group: string;
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  readonly description: string;
  /** E.g. `task-id`, `processor-node-id`. */
  readonly tags: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is known of a metric whatever its value. */
export type MetricDescription = Pick<Metric, 'kind' | 'unit' | 'description'>;

/** For catalogues: makes the description of metrics of a kind and unit from their text. */
export const describesMetric =
  (kind: MetricKind, unit: MetricUnit) =>
  (description: string): MetricDescription => ({ kind, unit, description });
