import {
  double,
  hours,
  json,
  type KStream,
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

const Summary = z.object({ min: z.number(), max: z.number(), sum: z.number(), count: z.number() });
type Summary = z.infer<typeof Summary>;

/** By metric and host, e.g. `cpu@web-1`. */
export const samples = topic('samples', { key: string(), value: double() });
const summaries = (name: string, sizeMs: number) =>
  topic(name, { key: timeWindowed(string(), sizeMs), value: json(Summary) });
export const perSecond = summaries('per-second', seconds(1));
export const perMinute = summaries('per-minute', minutes(1));
export const perHour = summaries('per-hour', hours(1));

const both = (one: Summary, other: Summary): Summary => ({
  min: Math.min(one.min, other.min),
  max: Math.max(one.max, other.max),
  sum: one.sum + other.sum,
  count: one.count + other.count,
});

/** Final summaries of windows, which go to a topic and on to larger windows. */
function rollUp(stream: KStream<string, Summary>, to: typeof perSecond, sizeMs: number, graceMs: number) {
  const closed = stream
    .groupByKey({ name: `samples-${to.name}`, key: string(), value: json(Summary) })
    .windowedBy(TimeWindows.of(sizeMs).grace(graceMs), { emit: 'on-window-close' })
    .reduce(both, { as: to.name, value: json(Summary) })
    .toStream();
  closed.to(to);
  return closed.selectKey((_, { key }) => key);
}

/** Samples by the second, seconds by the minute, minutes by the hour. */
export function metricsRollupTopology(): Topology {
  const builder = new StreamsBuilder();
  const single = builder
    .stream(samples)
    .mapValues((value): Summary => ({ min: value, max: value, sum: value, count: 1 }));
  const second = rollUp(single, perSecond, seconds(1), seconds(5));
  const minute = rollUp(second, perMinute, minutes(1), seconds(10));
  rollUp(minute, perHour, hours(1), minutes(1));
  return builder.build();
}
