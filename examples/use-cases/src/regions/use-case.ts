import { anyTopic, sampleOf, type UseCase } from '../use-case.ts';
import { profiles, regions, regionsTopology, views } from './regions.ts';

const view = (page: string) => ({ page });

export const useCase: UseCase = {
  what: 'page views by region: a stream joined with a table, sessions, then totals',
  topology: regionsTopology,
  sample: [
    ...sampleOf(profiles, [
      ['ann', { region: 'north' }, 0],
      ['bob', { region: 'south' }, 0],
      ['eve', { region: 'north' }, 0],
    ]),
    ...sampleOf(views, [
      ['ann', view('/'), 10],
      ['bob', view('/'), 60],
      ['ann', view('/mugs'), 300],
      ['eve', view('/mugs'), 1200],
      ['ann', view('/'), 7200],
      ['zoe', view('/'), 7300],
      ['zoe', view('/pens'), 7400],
      // Later than all sessions above can last: they close.
      ['bob', view('/'), 14_400],
    ]),
  ],
  results: [anyTopic(regions)],
};
