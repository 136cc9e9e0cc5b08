import { Table } from 'console-table-printer';
import type { Loaded } from './load.ts';
import type { Results } from './results.ts';
import type { Reorder } from './schemas.ts';

const shown = 10;

/** The latest reorder of each product, those with the least on hand first. */
export function mostUrgent(reorders: readonly Reorder[]): Reorder[] {
  const latest = new Map(reorders.map((reorder) => [reorder.sku, reorder]));
  return [...latest.values()]
    .sort((a, b) => a.onHand - b.onHand || b.quantity - a.quantity || (a.sku < b.sku ? -1 : 1))
    .slice(0, shown);
}

function countBy<T>(items: readonly T[], name: (item: T) => string): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(name(item), (counts.get(name(item)) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ') || 'none';
}

export interface RunFigures {
  readonly loaded: Loaded;
  readonly processedRecords: number;
  readonly seconds: number;
  readonly out: string;
}

export function summary(results: Results, { loaded, processedRecords, seconds, out }: RunFigures): string {
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      { name: 'sku', alignment: 'left' },
      { name: 'at (UTC)', alignment: 'left' },
      { name: 'quantity', alignment: 'right' },
      { name: 'on hand', alignment: 'right' },
      { name: 'on order', alignment: 'right' },
    ],
  });
  for (const { sku, at, quantity, onHand, onOrder } of mostUrgent(results.reorders)) {
    const time = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
    table.addRow({ sku, 'at (UTC)': time, quantity, 'on hand': onHand, 'on order': onOrder });
  }
  const rate = seconds > 0 ? Math.round(processedRecords / seconds) : 0;
  return [
    `Rows loaded        ${loaded.rows}${loaded.unreadable > 0 ? ` (${loaded.unreadable} shipments or products unreadable and left out)` : ''}`,
    `Reorders           ${results.reorders.length}`,
    `Price adjustments  ${results.priceAdjustments.length} (${countBy(results.priceAdjustments, ({ reason }) => reason)})`,
    `Rejected sales     ${results.rejected.length} (${countBy(results.rejected, ({ reason }) => reason)})`,
    `Products in stock  ${results.inventory.length}`,
    '',
    'Most urgent reorders',
    table.render(),
    '',
    `${processedRecords} records in ${seconds.toFixed(2)} s (${rate} records/s, exactly once)`,
    `Results are in ${out}`,
  ].join('\n');
}
