import { useCase as accounts } from './accounts/use-case.ts';
import { useCase as deviceSessions } from './device-sessions/use-case.ts';
import { useCase as logAlerts } from './log-alerts/use-case.ts';
import { useCase as metricsRollup } from './metrics-rollup/use-case.ts';
import { useCase as recommendations } from './recommendations/use-case.ts';
import { useCase as regions } from './regions/use-case.ts';
import { useCase as searchIndex } from './search-index/use-case.ts';
import type { UseCase } from './use-case.ts';

/** By the name of the folder. */
export const useCases: Readonly<Record<string, UseCase>> = {
  regions,
  'log-alerts': logAlerts,
  'metrics-rollup': metricsRollup,
  accounts,
  recommendations,
  'device-sessions': deviceSessions,
  'search-index': searchIndex,
};
