import {
  integer,
  minutes,
  nullable,
  SessionWindows,
  sessionWindowed,
  StreamsBuilder,
  string,
  type Topology,
  topic,
} from 'millrace';

export const clicks = topic('clicks', { key: string(), value: string() });
export const visits = topic('visits', { key: sessionWindowed(string()), value: nullable(integer()) });

/** Clicks of a user that are less than half an hour apart are one visit. */
export function sessions(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(clicks)
    .groupByKey({ name: 'clicks-of-user' })
    .windowedBy(SessionWindows.of(minutes(30)).grace(minutes(5)), { emit: 'on-window-close' })
    .count({ as: 'clicks-per-visit' })
    .toStream()
    .to(visits);
  return builder.build();
}
