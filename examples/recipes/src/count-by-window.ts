import {
  long,
  minutes,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  type Topology,
  topic,
  untilWindowCloses,
} from 'millrace';

export const requests = topic('requests', { key: string(), value: string() });
export const perMinute = topic('requests-per-minute', {
  key: timeWindowed(string(), minutes(1)),
  value: long(),
});

/** One final result for each path and minute, a minute after it: late requests still count. */
export function countByWindow(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(requests)
    .groupBy((path) => path, { key: string(), name: 'by-path' })
    .windowedBy(TimeWindows.of(minutes(1)).grace(minutes(1)))
    .count({ as: 'requests-per-path' })
    .suppress(untilWindowCloses())
    .toStream()
    .to(perMinute);
  return builder.build();
}
