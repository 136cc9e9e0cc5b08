import { readFileSync } from 'node:fs';
import { logMetricCatalogue } from '@millrace/embedded-log';
import { metricCatalogue } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { telemetryName } from '../src/telemetry/open-telemetry.ts';

const page = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

/** Every metric's name as Prometheus has it. */
const known = new Set(
  Object.entries({ ...metricCatalogue, ...logMetricCatalogue }).flatMap(([group, metrics]) =>
    Object.entries(metrics).map(([name, { kind, unit }]) => {
      const full = telemetryName({ group, name, unit });
      return kind === 'counter' ? `${full}_total` : full;
    }),
  ),
);

test.each(['operations/grafana-dashboard.json', 'operations/alerts.yml', 'operations.md'])(
  'the metrics that %s names are there',
  (file) => {
    const named = [
      ...page(file).matchAll(/\b(?:stream|consumer_fetch_manager|log|log_cleaner)_[a-z0-9_]+\b/g),
    ].map(([name]) => name);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  },
);
