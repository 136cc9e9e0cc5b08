import { minutes, StreamsBuilder, string, TimeWindows, type Topology, topic } from 'millrace';

/** By service; the value is the level. */
export const logs = topic('logs', { key: string(), value: string() });
export const alerts = topic('alerts', { key: string(), value: string() });

/** One alert when a service logs its third error within a minute. */
export function alert(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(logs)
    .filter((level) => level === 'error')
    .groupByKey({ name: 'errors-of-service' })
    .windowedBy(TimeWindows.of(minutes(1)))
    .count({ as: 'errors-per-minute' })
    .toStream()
    .filter((count) => count === 3)
    .map((_, { key, window }) => [key, `3 errors in the minute from ${new Date(window.start).toISOString()}`])
    .to(alerts);
  return builder.build();
}
