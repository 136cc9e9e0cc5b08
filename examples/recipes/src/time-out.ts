import { minutes, StreamsBuilder, string, timers, type Topology, topic } from 'millrace';

/** By order; the value is `placed` or `paid`. */
export const steps = topic('steps', { key: string(), value: string() });
export const overdue = topic('overdue', { key: string(), value: string() });

/** Names orders that are not paid a quarter of an hour after they were placed. Timers survive restarts. */
export function timeOut(): Topology {
  const builder = new StreamsBuilder();
  const due = timers({ name: 'payment-due', key: string() });
  builder
    .stream(steps)
    .process(
      (context) => {
        const timer = context.timers(due, (key, { now }) =>
          context.forward({ key, value: 'not paid in time', timestamp: now, headers: [] }),
        );
        return ({ key, value, timestamp }) => {
          if (value === 'placed') timer.set(key, timestamp + minutes(15));
          if (value === 'paid') timer.cancel(key);
        };
      },
      { stores: [due], name: 'watch-payments' },
    )
    .to(overdue);
  return builder.build();
}
