import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LogClient } from '@millrace/log-client';
import { records, type Topic } from '@millrace/streams-core';
import type { PriceAdjustment, RejectedSale, Reorder, Stock } from './schemas.ts';
import { priceAdjustments, rejectedSales, reorders, stockLevels } from './topics.ts';
import { UsageError } from './usage-error.ts';

export interface Results {
  /** In order for each sku. */
  readonly reorders: readonly Reorder[];
  readonly priceAdjustments: readonly PriceAdjustment[];
  readonly rejected: readonly RejectedSale[];
  readonly inventory: readonly ({ readonly sku: string } & Stock)[];
}

interface Entry<V> {
  readonly key: string;
  readonly value: V;
  readonly timestamp: number;
}

async function readTopic<V>(log: LogClient, topic: Topic<string, V>): Promise<Entry<V>[]> {
  const entries: Entry<V>[] = [];
  // The topics are this program's own: each record has a key and a value.
  for await (const { key, value, timestamp } of records(log, topic)) {
    entries.push({ key: key!, value: value!, timestamp });
  }
  return entries;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Reads the results out of their topics, in an order that does not depend on partitions or instances. */
export async function readResults(log: LogClient): Promise<Results> {
  const stocks = new Map((await readTopic(log, stockLevels)).map(({ key, value }) => [key, value]));
  const rejected = (await readTopic(log, rejectedSales)).map((entry) => ({
    ...entry,
    text: JSON.stringify(entry.value),
  }));
  return {
    // A stable sort: of one sku, the order in which they were made.
    reorders: (await readTopic(log, reorders)).map(({ value }) => value).sort((a, b) => byText(a.sku, b.sku)),
    priceAdjustments: (await readTopic(log, priceAdjustments))
      .map(({ value }) => value)
      .sort((a, b) => a.windowStart - b.windowStart || byText(a.sku, b.sku)),
    rejected: rejected
      .sort((a, b) => a.timestamp - b.timestamp || byText(a.text, b.text))
      .map(({ value }) => value),
    inventory: [...stocks].map(([sku, stock]) => ({ sku, ...stock })).sort((a, b) => byText(a.sku, b.sku)),
  };
}

/** @throws UsageError unless files can be written to the folder */
export async function assertWritable(dir: string, option: string): Promise<void> {
  // Always of the same name: what a process that was killed has left, the next one takes away.
  const probe = path.join(dir, '.probe');
  try {
    await mkdir(dir, { recursive: true });
    await writeFile(probe, '');
    await rm(probe, { force: true });
  } catch (error) {
    throw new UsageError(
      `Cannot write to ${dir} (${(error as NodeJS.ErrnoException).code}): ${option} must name a folder you can write to`,
    );
  }
}

/** Writes one file for each kind of result: all of them whole, or none. */
export async function writeResults(dir: string, results: Results): Promise<void> {
  const files: readonly (readonly [string, readonly unknown[]])[] = [
    ['reorders.jsonl', results.reorders],
    ['price-adjustments.jsonl', results.priceAdjustments],
    ['rejected.jsonl', results.rejected],
    ['inventory.jsonl', results.inventory],
  ];
  const partial = (name: string): string => path.join(dir, `.${name}.partial`);
  try {
    for (const [name, lines] of files) {
      await writeFile(partial(name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    }
    for (const [name] of files) await rename(partial(name), path.join(dir, name));
  } finally {
    for (const [name] of files) await rm(partial(name), { force: true });
  }
}
