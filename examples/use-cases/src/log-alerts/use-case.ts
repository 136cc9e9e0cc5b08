import { anyTopic, sampleOf, type UseCase } from '../use-case.ts';
import { alerts, lines, logAlertsTopology, unreadable } from './log-alerts.ts';

const burst = (second: number, text: string, count: number) =>
  Array.from({ length: count }, (_, n) => [`host-${n % 3}`, text, second + n] as const);

export const useCase: UseCase = {
  what: 'log aggregation: lines to counts by service and minute, and alerts that do not repeat themselves',
  topology: logAlertsTopology,
  sample: sampleOf(lines, [
    ...burst(0, 'INFO shop order placed', 10),
    ...burst(12, 'ERROR shop no answer from payment', 6),
    ...burst(20, 'INFO search 12 results', 40),
    ['host-1', 'segfault at 0x0', 30],
    ...burst(60, 'ERROR shop no answer from payment', 8),
    ...burst(70, 'ERROR search index is gone', 4),
    ['host-0', 'INFO shop order placed', 900],
  ]),
  results: [anyTopic(alerts), anyTopic(unreadable)],
};
