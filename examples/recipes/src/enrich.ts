import { json, StreamsBuilder, string, type Topology, topic } from 'millrace';
import { z } from 'zod';

const Product = z.object({ name: z.string(), price: z.number() });
const Line = z.object({ quantity: z.number() });
export const products = topic('products', { key: string(), value: json(Product) });
/** By product. */
export const lines = topic('lines', { key: string(), value: json(Line) });
export const priced = topic('priced-lines', { key: string(), value: string() });

/** Each line with the product as it is at that moment; lines of unknown products are left out. */
export function enrich(): Topology {
  const builder = new StreamsBuilder();
  const catalogue = builder.table(products, { as: 'catalogue' });
  builder
    .stream(lines)
    .join(catalogue, ({ quantity }, { name, price }) => `${quantity} ${name}: ${quantity * price}`)
    .to(priced);
  return builder.build();
}
