import type { Windowed } from '@millrace/streams-core';
import type { PriceAdjustment, Product } from './schemas.ts';
import type { AcceptedSale } from './validate-sale.ts';

/** Units of a product sold in a window, returns subtracted. */
export interface Demand {
  readonly units: number;
  readonly product: Product | null;
}

export function addSale({ units }: Demand, { sale, product }: AcceptedSale): Demand {
  return { units: units + sale.Quantity, product };
}

/**
 * `percent` of a price, rounded half up to the cent. In ten-thousandths, where binary fractions cannot tip
 * the scale.
 */
export function percentOf(price: number, percent: number): number {
  return Math.floor((Math.round(price * 10_000) * percent + 5_000) / 10_000) / 100;
}

/** A price adjustment, or none, for what was sold in a window that has closed. */
export function adjustPrice(
  { units, product }: Demand,
  { key: sku, window }: Windowed<string>,
): PriceAdjustment[] {
  if (product === null) return [];
  const { listPrice, orderUpTo } = product;
  const base = { sku, windowStart: window.start, windowEnd: window.end, unitsSold: units, listPrice };
  if (2 * units >= orderUpTo)
    return [{ ...base, newPrice: percentOf(listPrice, 105), reason: 'high-demand' }];
  if (units <= 0) return [{ ...base, newPrice: percentOf(listPrice, 95), reason: 'low-demand' }];
  return [];
}
