import {
  json,
  minutes,
  nullable,
  SessionWindows,
  sessionWindowed,
  StreamsBuilder,
  string,
  type Topology,
  topic,
} from 'millrace';
import { z } from 'zod';

const Reading = z.object({ celsius: z.number() });
const Run = z.object({ readings: z.number(), highest: z.number() });
type Run = z.infer<typeof Run>;

/** By device, with the device's own time: they come late, and out of order. */
export const readings = topic('readings', { key: string(), value: json(Reading) });
/** Runs of a device, each once, when it is over. */
export const runs = topic('runs', { key: sessionWindowed(string()), value: nullable(json(Run)) });
/** Readings of runs that were over already. */
export const tooLate = topic('late-readings', { key: string(), value: json(Reading) });

/** A device runs for as long as its readings are no more than five minutes apart. */
export function deviceSessionsTopology(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(readings)
    .groupByKey({ name: 'readings-of-device' })
    .windowedBy(SessionWindows.of(minutes(5)).grace(minutes(2)), {
      emit: 'on-window-close',
      onLate: tooLate,
    })
    .aggregate({
      initial: (): Run => ({ readings: 0, highest: Number.NEGATIVE_INFINITY }),
      add: (run, { celsius }) => ({ readings: run.readings + 1, highest: Math.max(run.highest, celsius) }),
      merge: (one, other) => ({
        readings: one.readings + other.readings,
        highest: Math.max(one.highest, other.highest),
      }),
      as: 'runs',
      value: json(Run),
    })
    .toStream()
    .to(runs);
  return builder.build();
}
