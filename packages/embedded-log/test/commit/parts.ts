import { noHeaders, type ProducerRecord } from '@millrace/log-client';
import type { FileSystem } from '../../src/files/file-system.ts';
import { GrowingMemory } from '@millrace/kafka-protocol';
import { encodeRecords } from '../../src/encode/encode-records.ts';
import { type CommitRecords, type LogChange, sizeOf } from '../../src/storage/commit/encode-commit.ts';
import { LogState } from '../../src/storage/log-state.ts';
import type { PartitionLog } from '../../src/storage/partition-log.ts';
import { OpenFiles } from '../../src/storage/segments/open-files.ts';

/** Topic `t` with id 1 and two partitions, in a log that is not opened. */
export function stateOn(fileSystem: FileSystem, configs: Readonly<Record<string, string>> = {}) {
  const files = new OpenFiles(fileSystem);
  const state = new LogState(files, { logId: 'log', nextTopicId: 1, nextFileId: 1 });
  state.apply({ created: [{ id: 1, uuid: 'one', name: 't', partitions: 2, configs }] });
  return { files, state, log: state.partition('t', 0), other: state.partition('t', 1) };
}

export function recordsOf(values: readonly string[]): ProducerRecord[] {
  return values.map((value, index) => ({ key: null, value, timestamp: 100 + index, headers: noHeaders }));
}

/** A partition, and the values for it. */
export type Entry = readonly [log: PartitionLog, values: readonly string[]];

/** Values as batches, in the compression of their topic. */
export function encoded(log: PartitionLog, values: readonly string[]): CommitRecords {
  const memory = new GrowingMemory(0);
  const { topic, partition, settings } = log;
  const entries = [{ topic, partition, records: recordsOf(values) }];
  const [one] = encodeRecords(memory, 0, entries, () => settings);
  return { log, source: memory.bytes, from: one!.from, to: one!.to };
}

/** A change with these values for each partition. */
export function changeOf(...entries: readonly Entry[]): LogChange {
  const records = entries.map(([log, values]) => encoded(log, values));
  return { event: {}, records, bytes: sizeOf(records) };
}
