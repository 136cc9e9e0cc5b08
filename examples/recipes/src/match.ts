import { JoinWindows, json, minutes, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Payment = z.object({ amount: z.number() });
export const ordered = topic('ordered', { key: string(), value: json(Payment) });
export const paid = topic('paid', { key: string(), value: json(Payment) });
export const outcomes = topic('outcomes', { key: string(), value: string() });

/** Orders with the payment that came within ten minutes, or with none once that is certain. */
export function match(): Topology {
  const builder = new StreamsBuilder();
  const within = JoinWindows.of(minutes(10)).grace(minutes(1));
  builder
    .stream(ordered)
    .leftJoin(
      builder.stream(paid),
      (order, payment) => (payment === null ? 'unpaid' : `paid ${payment.amount} of ${order.amount}`),
      within,
      { name: 'order-payment' },
    )
    .to(outcomes);
  return builder.build();
}
