import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders, partitionForKey } from '@millrace/log-client';
import { json, string, topic } from '@millrace/streams-core';
import { onTestFinished, vi } from 'vitest';

export interface Stock {
  readonly onHand: number;
}

export const stock = topic('stock', { key: string(), value: json<Stock>() });

export async function newLog(partitions = 2): Promise<EmbeddedLog> {
  const log = await EmbeddedLog.inMemory();
  onTestFinished(() => log.close());
  await log.admin.createTopics([{ name: stock.name, partitions }]);
  return log;
}

/** Sends rows by key; a null deletes. */
export async function send(
  log: EmbeddedLog,
  rows: readonly (readonly [string, number | null | string])[],
): Promise<void> {
  const { partitions } = (await log.admin.topics([stock.name])).get(stock.name)!;
  const producer = await log.producer();
  for (const [key, onHand] of rows) {
    const value = onHand === null ? null : typeof onHand === 'string' ? onHand : JSON.stringify({ onHand });
    const record = { key, value, timestamp: 1000, headers: noHeaders };
    await producer.send([
      { topic: stock.name, partition: partitionForKey(Buffer.from(key), partitions), records: [record] },
    ]);
  }
}

export async function eventually(what: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(what, { timeout: 20_000, interval: 10 });
}
