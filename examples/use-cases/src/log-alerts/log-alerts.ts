import { json, minutes, StreamsBuilder, string, TimeWindows, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Alert = z.object({ from: z.string(), lines: z.number(), errors: z.number() });
/** By host, as they were written: `LEVEL service message`. */
export const lines = topic('lines', { key: string(), value: string() });
/** By service. */
export const alerts = topic('alerts', { key: string(), value: json(Alert) });
/** By host: lines that nobody can read. */
export const unreadable = topic('unreadable-lines', { key: string(), value: string() });

const pattern = /^(?<level>DEBUG|INFO|WARN|ERROR) (?<service>\S+) /;
const isReadable = (line: string): boolean => pattern.test(line);

function parsed(line: string): { readonly level: string; readonly service: string } {
  const { level = '', service = '' } = pattern.exec(line)?.groups ?? {};
  return { level, service };
}

/** A service is in trouble where a fifth of its lines in a minute, and five at least, are errors. */
const isTrouble = ({ lines: all, errors }: { lines: number; errors: number }): boolean =>
  errors >= 5 && errors * 5 >= all;

/** An alert for each minute of trouble, but no more than one in ten minutes for each service. */
export function logAlertsTopology(): Topology {
  const builder = new StreamsBuilder();
  const { readable, junk } = builder.stream(lines).split({ readable: isReadable, junk: 'rest' });
  junk.to(unreadable);
  readable
    .mapValues(parsed)
    .groupBy(({ service }) => service, { key: string(), name: 'by-service' })
    .windowedBy(TimeWindows.of(minutes(1)).grace(minutes(1)), { emit: 'on-window-close' })
    .aggregate({
      initial: () => ({ lines: 0, errors: 0 }),
      add: (sum, { level }) => ({ lines: sum.lines + 1, errors: sum.errors + (level === 'ERROR' ? 1 : 0) }),
      as: 'lines-per-minute',
    })
    .toStream()
    .filter((sum) => isTrouble(sum))
    .map((sum, { key, window }) => [key, { from: new Date(window.start).toISOString(), ...sum }])
    .throttle({ name: 'alerts-sent', limit: 1, intervalMs: minutes(10), as: 'alerts-sent', key: string() })
    .to(alerts);
  return builder.build();
}
