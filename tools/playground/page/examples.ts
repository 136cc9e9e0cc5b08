import { useCase as accountsCase } from '../../../examples/use-cases/src/accounts/use-case.ts';
import { useCase as deviceSessionsCase } from '../../../examples/use-cases/src/device-sessions/use-case.ts';
import { useCase as logAlertsCase } from '../../../examples/use-cases/src/log-alerts/use-case.ts';
import { useCase as metricsRollupCase } from '../../../examples/use-cases/src/metrics-rollup/use-case.ts';
import { useCase as recommendationsCase } from '../../../examples/use-cases/src/recommendations/use-case.ts';
import { useCase as regionsCase } from '../../../examples/use-cases/src/regions/use-case.ts';
import { useCase as searchIndexCase } from '../../../examples/use-cases/src/search-index/use-case.ts';
import type { UseCase } from '../../../examples/use-cases/src/use-case.ts';
import { type Example, sourceOf } from './example.ts';
import { recipes } from './recipes.ts';

function exampleOf(source: string, { what, sample }: UseCase): Example {
  const lines = sample.map(({ topic: { name }, key, value, timestamp }) =>
    JSON.stringify({ topic: name, key, value, timestamp: new Date(timestamp).toISOString() }),
  );
  return { title: what, source, records: `${lines.join('\n')}\n` };
}

/** Those of the docs. */
export const examples: readonly Example[] = [
  ...recipes,
  exampleOf(sourceOf('use-cases/src/regions/regions.ts'), regionsCase),
  exampleOf(sourceOf('use-cases/src/log-alerts/log-alerts.ts'), logAlertsCase),
  exampleOf(sourceOf('use-cases/src/metrics-rollup/metrics-rollup.ts'), metricsRollupCase),
  exampleOf(sourceOf('use-cases/src/accounts/accounts.ts'), accountsCase),
  exampleOf(sourceOf('use-cases/src/recommendations/recommendations.ts'), recommendationsCase),
  exampleOf(sourceOf('use-cases/src/device-sessions/device-sessions.ts'), deviceSessionsCase),
  exampleOf(sourceOf('use-cases/src/search-index/search-index.ts'), searchIndexCase),
];
