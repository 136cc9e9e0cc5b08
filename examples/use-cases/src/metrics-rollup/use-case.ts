import { anyTopic, sampleOf, type UseCase } from '../use-case.ts';
import { metricsRollupTopology, perHour, perMinute, samples } from './metrics-rollup.ts';

/** A value every quarter of a second, for some seconds from a second on. */
const run = (key: string, from: number, length: number) =>
  Array.from({ length: length * 4 }, (_, n) => [key, 40 + ((n * 7) % 20), from + n / 4] as const);

export const useCase: UseCase = {
  what: 'metrics rolled up from samples to seconds, minutes and hours',
  topology: metricsRollupTopology,
  sample: sampleOf(
    samples,
    [
      ...run('cpu@web-1', 0, 90),
      ...run('cpu@web-2', 30, 60),
      // What comes later closes the windows before it: seconds, then minutes, then the hour.
      ...[3600, 8000, 12_000, 16_000].flatMap((second) => run('cpu@web-1', second, 1)),
    ].toSorted(([, , one], [, , other]) => one - other),
  ),
  results: [anyTopic(perMinute), anyTopic(perHour)],
};
