import { json, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Order = z.object({ sku: z.string(), quantity: z.number().int() });
export const orders = topic('orders', { key: string(), value: json(Order) });
export const accepted = topic('accepted-orders', { key: string(), value: json(Order) });
export const refused = topic('refused-orders', { key: string(), value: string() });

export function validate(): Topology {
  const builder = new StreamsBuilder();
  const { good, bad } = builder.stream(orders).split({
    good: ({ quantity }) => quantity > 0,
    bad: 'rest',
  });
  good.to(accepted);
  bad.mapValues(({ sku, quantity }) => `${sku}: ${quantity} is no quantity`).to(refused);
  return builder.build();
}
