import type { LogClient } from '@millrace/log-client';
import type { Topic } from '../serde/topic.ts';
import { byPartition, placesOf, type RecordPlace, RecordPlacer, type SourceRecord } from './write-records.ts';

/** Adds a record to a transaction. */
export type WriteRecord = <K, V>(topic: Topic<K, V>, record: SourceRecord<K, V>) => void;

/**
 * Writes records of any topics as one: readers see all of them or none. `fill` adds them; where it throws,
 * nothing is written. Resolves to where they went, in their order. @throws StreamsError
 * `TOPOLOGY_TOPIC_MISSING`, `RECORD_PRODUCTION`; LogError
 */
export async function transaction(
  log: LogClient,
  fill: (write: WriteRecord) => void | Promise<void>,
): Promise<RecordPlace[]> {
  const placer = new RecordPlacer({ validates: true });
  const topics = new Set<string>();
  const added: (() => ReturnType<RecordPlacer['place']>)[] = [];
  await fill((topic, record) => {
    topics.add(topic.name);
    added.push(() => placer.place(topic, record));
  });
  await placer.learn(log, [...topics], 'transaction');
  const placed = added.map((place) => place());
  if (placed.length === 0) return [];
  const records = byPartition(placed);
  const producer = await log.producer();
  try {
    return placesOf(placed, records, await producer.commit({ records }));
  } finally {
    await producer.close();
  }
}
