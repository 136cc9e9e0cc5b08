import { json, minutes, SessionWindows, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const View = z.object({ page: z.string() });
const Profile = z.object({ region: z.string() });
const Region = z.object({ visits: z.number(), pages: z.number() });
/** By user. */
export const views = topic('views', { key: string(), value: json(View) });
export const profiles = topic('profiles', { key: string(), value: json(Profile) });
/** By region: visits that are over, and their pages. */
export const regions = topic('regions', { key: string(), value: json(Region) });

/** Views of a user that are less than half an hour apart are one visit, of the region the user is from. */
export function regionsTopology(): Topology {
  const builder = new StreamsBuilder();
  const located = builder
    .stream(views)
    .leftJoin(builder.table(profiles, { as: 'profiles' }), (_, profile) => profile?.region ?? 'unknown');
  const visits = located
    .groupByKey({ name: 'views-of-user' })
    .windowedBy(SessionWindows.of(minutes(30)).grace(minutes(1)), { emit: 'on-window-close' })
    .aggregate({
      initial: () => ({ region: '', pages: 0 }),
      add: ({ pages }, region) => ({ region, pages: pages + 1 }),
      merge: (one, other) => ({ region: other.region, pages: one.pages + other.pages }),
      as: 'visits',
    });
  visits
    .toStream()
    .flatMap((visit) => (visit === null ? [] : [[visit.region, visit.pages] as const]))
    .groupByKey({ name: 'visits-of-region', key: string() })
    .aggregate({
      initial: () => ({ visits: 0, pages: 0 }),
      add: (sum, pages) => ({ visits: sum.visits + 1, pages: sum.pages + pages }),
      as: 'regions',
    })
    .toStream()
    .to(regions);
  return builder.build();
}
