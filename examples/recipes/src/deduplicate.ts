import { days, json, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Event = z.object({ id: z.string(), what: z.string() });
export const events = topic('events', { key: string(), value: json(Event) });
export const unique = topic('unique-events', { key: string(), value: json(Event) });

/** What a client sent twice within a day comes once. */
export function deduplicate(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(events)
    .deduplicate({ by: ({ id }) => id, withinMs: days(1), as: 'seen-events' })
    .to(unique);
  return builder.build();
}
