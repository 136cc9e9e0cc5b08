import { json, keyValueStore, type ProcessorSupplier, string } from '@millrace/streams-core';
import { type Product, type Reorder, Stock } from './schemas.ts';

/** Goods that leave (a sale) or come in (a shipment) of one product. */
export interface Movement {
  readonly kind: 'sold' | 'received';
  readonly quantity: number;
  readonly product: Product;
}

export const inventory = keyValueStore({ name: 'inventory', key: string(), value: json(Stock) });

/**
 * The stock after a movement. A return is a negative sale; no more than was ordered can be off the order
 * books.
 */
export function move({ onHand, onOrder }: Stock, { kind, quantity }: Movement): Stock {
  return kind === 'sold'
    ? { onHand: onHand - quantity, onOrder }
    : { onHand: onHand + quantity, onOrder: Math.max(0, onOrder - quantity) };
}

/** How much to order so that stock and orders reach the order-up-to level; 0 above the reorder point. */
export function reorderQuantity({ onHand, onOrder }: Stock, { reorderPoint, orderUpTo }: Product): number {
  const available = onHand + onOrder;
  return available <= reorderPoint ? orderUpTo - available : 0;
}

export function isReorder(result: Reorder | Stock): result is Reorder {
  return 'sku' in result;
}

/** Keeps the stock of each product; sends a reorder where one is due, and the stock after every movement. */
export const keepInventory: ProcessorSupplier<string, Movement, string, Reorder | Stock> = (context) => {
  const stocks = context.store(inventory);
  return ({ key: sku, value: movement, timestamp, headers }) => {
    let stock = move(stocks.get(sku) ?? { onHand: 0, onOrder: 0 }, movement);
    const quantity = reorderQuantity(stock, movement.product);
    if (quantity > 0) stock = { onHand: stock.onHand, onOrder: stock.onOrder + quantity };
    stocks.put(sku, stock);
    const report = (): void | Promise<void> =>
      context.forward({ key: sku, value: stock, timestamp, headers });
    if (quantity <= 0) return report();
    const value = { sku, at: timestamp, quantity, ...stock };
    const pending = context.forward({ key: sku, value, timestamp, headers });
    return pending === undefined ? report() : pending.then(report);
  };
};
