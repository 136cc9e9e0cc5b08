import { StreamsBuilder, TimeWindows, type Topology, untilWindowCloses } from '@millrace/streams-core';
import { inventory, isReorder, keepInventory, type Movement } from './inventory.ts';
import { addSale, adjustPrice, type Demand } from './price.ts';
import {
  priceAdjustments,
  products,
  rejectedSales,
  reorders,
  sales,
  shipments,
  stockLevels,
} from './topics.ts';
import { isAccepted, validateSale } from './validate-sale.ts';

export interface RetailOptions {
  /** The size of the windows in which demand is measured, in milliseconds. */
  readonly windowMs: number;
  /** How late a sale may be and still count for its window, in milliseconds. */
  readonly graceMs: number;
}

/** Sales and shipments in, reorders and price adjustments out. */
export function retailTopology({ windowMs, graceMs }: RetailOptions): Topology {
  const builder = new StreamsBuilder();
  const catalogue = builder.table(products, { as: 'catalogue' });

  // A sale counts if it can be read, has a price and a quantity, and is of a product we know.
  const { accepted, rejected } = builder
    .stream(sales)
    .leftJoin(catalogue, validateSale)
    .split({ accepted: isAccepted, rejected: 'rest' });
  rejected.to(rejectedSales);

  // Sales take from the stock, shipments add to it; whatever falls to the reorder point is ordered.
  const sold = accepted.mapValues(
    ({ sale, product }): Movement => ({ kind: 'sold', quantity: sale.Quantity, product }),
  );
  const received = builder
    .stream(shipments)
    .join(catalogue, ({ quantity }, product): Movement => ({ kind: 'received', quantity, product }));
  const { ordered, stock } = sold
    .merge(received)
    .process(keepInventory, { stores: [inventory], name: 'keep-inventory' })
    .split({ ordered: isReorder, stock: 'rest' });
  ordered.to(reorders);
  stock.to(stockLevels);

  // What sold well or not at all in a window gets another price once the window has closed.
  accepted
    .groupByKey()
    .windowedBy(TimeWindows.of(windowMs).grace(graceMs))
    .aggregate({ initial: (): Demand => ({ units: 0, product: null }), add: addSale, as: 'demand' })
    .suppress(untilWindowCloses({ name: 'closed-windows' }))
    .toStream()
    .flatMapValues((demand, window) => (demand === null ? [] : adjustPrice(demand, window)))
    .selectKey(({ sku }) => sku)
    .to(priceAdjustments);

  return builder.build();
}
