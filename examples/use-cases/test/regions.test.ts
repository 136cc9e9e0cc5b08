import { minutes } from 'millrace';
import { expect, test } from 'vitest';
import { profiles, regions, regionsTopology, views } from '../src/regions/regions.ts';
import { running } from './running.ts';

const page = { page: '/' };

test('a visit counts once, in the region of the time of its last page', () => {
  const { pipe, read } = running(regionsTopology());
  pipe(profiles, 'ann', { region: 'north' });
  pipe(views, 'ann', page, minutes(1));
  pipe(profiles, 'ann', { region: 'south' });
  pipe(views, 'ann', page, minutes(20));
  expect(read(regions)).toEqual([]);
  pipe(views, 'bob', page, minutes(60));
  expect(read(regions)).toEqual([['south', { visits: 1, pages: 2 }]]);
});

test('two visits grow together where a view comes that was between them', () => {
  const { pipe, read } = running(regionsTopology());
  for (const minute of [0, 31, 15]) pipe(views, 'ann', page, minutes(minute));
  pipe(views, 'bob', page, minutes(120));
  expect(read(regions)).toEqual([['unknown', { visits: 1, pages: 3 }]]);
});
