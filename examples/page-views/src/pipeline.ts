import {
  json,
  long,
  minutes,
  seconds,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  type Topology,
  topic,
} from 'millrace';
import { z } from 'zod';

const View = z.object({ page: z.string().min(1) });
/** By visitor. */
export const views = topic('views', { key: string(), value: json(View) });
/** By page and minute. */
export const perMinute = topic('views-per-minute', {
  key: timeWindowed(string(), minutes(1)),
  value: long(),
});

/**
 * `onCount` is called with each new count. After a crash it may be called with one again, unlike what goes to
 * a topic.
 */
export function pipeline(onCount: (page: string, minute: Date, count: number) => void): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(views)
    .groupBy(({ page }) => page, { key: string() })
    .windowedBy(TimeWindows.of(minutes(1)).grace(seconds(30)))
    .count({ as: 'views-per-page' })
    .toStream()
    .peek((count, { key, window }) => onCount(key, new Date(window.start), count))
    .to(perMinute);
  return builder.build();
}
