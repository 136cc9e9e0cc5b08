import { type Product, type RejectedSale, type Row, Sale } from './schemas.ts';

/** A sale of a product we know. */
export interface AcceptedSale {
  readonly sale: Sale;
  readonly product: Product;
}

export type Verdict = AcceptedSale | RejectedSale;

export function isAccepted(verdict: Verdict): verdict is AcceptedSale {
  return 'sale' in verdict;
}

/** Accepts a sale, or rejects it for the first reason that applies. */
export function validateSale(row: Row, product: Product | null): Verdict {
  const parsed = Sale.safeParse(row);
  if (!parsed.success) return { reason: 'malformed', row };
  const sale = parsed.data;
  if (sale.UnitPrice <= 0) return { reason: 'non-positive-price', row };
  if (sale.Quantity === 0) return { reason: 'zero-quantity', row };
  return product === null ? { reason: 'unknown-product', row } : { sale, product };
}
