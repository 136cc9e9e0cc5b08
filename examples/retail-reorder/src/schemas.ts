import { z } from 'zod';

const dateTime = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/;

/**
 * Milliseconds since the epoch for `YYYY-MM-DD HH:MM:SS` (UTC); undefined for anything else, 30 February
 * included.
 */
export function parseDateTime(text: string): number | undefined {
  if (!dateTime.test(text)) return undefined;
  const iso = `${text.replace(' ', 'T')}.000Z`;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) || new Date(ms).toISOString() !== iso ? undefined : ms;
}

const timestamp = z.string().transform((text, context) => {
  const ms = parseDateTime(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: 'not a date of the form YYYY-MM-DD HH:MM:SS' });
  return z.NEVER;
});
const integer = z
  .string()
  .regex(/^\s*[+-]?\d+\s*$/, 'not an integer')
  .transform(Number);
const decimal = z
  .string()
  .regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/, 'not a number')
  .transform(Number);

/** A row of a file as it came: column names and texts. */
export const Row = z.record(z.string(), z.string());
export type Row = z.infer<typeof Row>;

/** A sale that can be read. A negative quantity is a return. */
export const Sale = z.object({ InvoiceDate: timestamp, Quantity: integer, UnitPrice: decimal });
export type Sale = z.infer<typeof Sale>;

export const Shipment = z.object({ quantity: z.int() });
export type Shipment = z.infer<typeof Shipment>;
export const ShipmentRow = z
  .object({ Quantity: integer })
  .transform(({ Quantity }): Shipment => ({ quantity: Quantity }));

export const Product = z.object({
  description: z.string(),
  listPrice: z.number(),
  reorderPoint: z.int(),
  orderUpTo: z.int(),
});
export type Product = z.infer<typeof Product>;
export const ProductRow = z
  .object({
    Description: z.string().default(''),
    ListPrice: decimal,
    ReorderPoint: integer,
    OrderUpTo: integer,
  })
  .transform(
    ({ Description, ListPrice, ReorderPoint, OrderUpTo }): Product => ({
      description: Description,
      listPrice: ListPrice,
      reorderPoint: ReorderPoint,
      orderUpTo: OrderUpTo,
    }),
  );

export const Reason = z.enum(['malformed', 'non-positive-price', 'zero-quantity', 'unknown-product']);
export const RejectedSale = z.object({ reason: Reason, row: Row });
export type RejectedSale = z.infer<typeof RejectedSale>;

/** `at` in milliseconds; onHand and onOrder as they are after the reorder. */
export const Reorder = z.object({
  sku: z.string(),
  at: z.number(),
  quantity: z.int(),
  onHand: z.int(),
  onOrder: z.int(),
});
export type Reorder = z.infer<typeof Reorder>;

export const Stock = z.object({ onHand: z.int(), onOrder: z.int() });
export type Stock = z.infer<typeof Stock>;

/** Times in milliseconds, prices in the currency of the list. */
export const PriceAdjustment = z.object({
  sku: z.string(),
  windowStart: z.number(),
  windowEnd: z.number(),
  unitsSold: z.int(),
  listPrice: z.number(),
  newPrice: z.number(),
  reason: z.enum(['high-demand', 'low-demand']),
});
export type PriceAdjustment = z.infer<typeof PriceAdjustment>;
