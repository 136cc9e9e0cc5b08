import { json, string, topic } from '@millrace/streams-core';
import { PriceAdjustment, Product, RejectedSale, Reorder, Row, Shipment, Stock } from './schemas.ts';

/** All topics are keyed by StockCode. */
const key = string();

export const sales = topic('sales', { key, value: json(Row) });
export const shipments = topic('shipments', { key, value: json(Shipment) });
export const products = topic('products', { key, value: json(Product) });

export const rejectedSales = topic('rejected-sales', { key, value: json(RejectedSale) });
export const reorders = topic('reorders', { key, value: json(Reorder) });
export const stockLevels = topic('stock-levels', { key, value: json(Stock) });
export const priceAdjustments = topic('price-adjustments', { key, value: json(PriceAdjustment) });

export const inputs = [products, shipments, sales] as const;
export const outputs = [rejectedSales, reorders, stockLevels, priceAdjustments] as const;
