import type { LogRecord, OffsetCommit } from '@millrace/log-client';
import { LatencyProbe } from './latency-probe.ts';
import { NodeMeter } from './process/node-meter.ts';
import { UserMetrics } from './process/user-metrics.ts';
import type { TaskOptions } from './task-options.ts';

/** What is measured of a task beyond its counts. */
export class TaskMetrics {
  /** What its processors measure. */
  readonly user = new UserMetrics();
  /** Records by node; undefined unless they are counted. */
  readonly meter: NodeMeter | undefined;
  readonly #probe: LatencyProbe | undefined;

  constructor({ endToEnd, countsNodes = false, now }: TaskOptions) {
    this.meter = countsNodes ? new NodeMeter() : undefined;
    this.#probe = endToEnd && new LatencyProbe(endToEnd, now);
  }

  arrived(topic: string, records: readonly LogRecord[]): void {
    this.#probe?.arrived(topic, records);
  }

  committed(offsets: readonly OffsetCommit[]): void {
    this.#probe?.committed(offsets);
  }
}
