import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { StreamsApp } from '@millrace/streams-core';
import { openTelemetryMetrics } from './open-telemetry.ts';

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

/** An app's metrics in Prometheus' text format. */
export class PrometheusText {
  readonly #reader = new PrometheusExporter({ preventServerStart: true });
  readonly #serializer = new PrometheusSerializer('', false, undefined, true, true);
  readonly #provider = new MeterProvider({ readers: [this.#reader] });

  constructor(app: StreamsApp) {
    openTelemetryMetrics(app, this.#provider.getMeter('millrace'));
  }

  async read(): Promise<string> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw new AggregateError(errors, 'Metrics could not be read');
    return this.#serializer.serialize(resourceMetrics);
  }

  close(): Promise<void> {
    return this.#provider.shutdown();
  }
}
