import {
  batchHeaderBytes,
  batchRoom,
  type BatchSource,
  batchSource,
  type Compression,
  compressedBound,
  loadCodec,
  recordBytes,
  WrittenRecords,
} from '@millrace/kafka-protocol';
import {
  invalidTimestamp,
  LogError,
  type LogProducer,
  type LogTransaction,
  type PartitionRecords,
  type TopicPartition,
} from '@millrace/log-client';
import { recordsPerBatch, writeBatches } from '../storage/commit/write-batches.ts';
import type { CommitAnswer, CommitRequest, EncodedRecords } from './messages.ts';
import type { Peer } from './peer.ts';

interface Measured extends TopicPartition {
  readonly records: BatchSource;
  readonly bytes: number;
  readonly largest: EncodedRecords['largest'];
}

/** Encodes commits in this thread, and has the log's owner write them. */
export class ThreadProducer implements LogProducer {
  readonly #id: number;
  readonly #peer: Peer;
  /** Of topics, as last heard. */
  readonly #compressions = new Map<string, Compression>();
  #closed = false;

  constructor(id: number, peer: Peer) {
    this.#id = id;
    this.#peer = peer;
  }

  send(records: readonly PartitionRecords[]): Promise<number[]> {
    return this.commit({ records });
  }

  async commit({ records, offsets }: LogTransaction): Promise<number[]> {
    if (this.#closed) throw new LogError('LOG_CLOSED', 'This producer is closed');
    const measured = records.map(measure);
    for (;;) {
      const { entries, bytes } = this.#encode(measured);
      const request: CommitRequest = { producer: this.#id, entries, bytes, offsets };
      const answer = await this.#peer.call<CommitAnswer>('commit', request, [bytes.buffer as ArrayBuffer]);
      if ('baseOffsets' in answer) return [...answer.baseOffsets];
      for (const [topic, compression] of answer.compressions) {
        await loadCodec(compression);
        this.#compressions.set(topic, compression);
      }
    }
  }

  #encode(measured: readonly Measured[]): { readonly entries: EncodedRecords[]; readonly bytes: Buffer } {
    const plans = measured.map((entry) => {
      const compression = this.#compressions.get(entry.topic) ?? 'none';
      const perBatch = recordsPerBatch(entry.bytes, entry.records.length);
      return { ...entry, compression, perBatch, room: roomOf(entry, { compression, perBatch }) };
    });
    const target = Buffer.allocUnsafeSlow(plans.reduce((sum, { room }) => sum + room, 0));
    let at = 0;
    const entries = plans.map(({ topic, partition, records, largest, compression, perBatch }) => {
      const from = at;
      at = writeBatches(target, at, records, {
        firstOffset: 0,
        perBatch,
        compression,
        appendTime: undefined,
      });
      return { topic, partition, compression, largest, from, to: at };
    });
    return { entries, bytes: target.subarray(0, at) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#peer.note('closeProducer', this.#id);
  }
}

/** What the batches of an entry may take. */
function roomOf(
  { records, bytes }: Measured,
  { compression, perBatch }: { readonly compression: Compression; readonly perBatch: number },
): number {
  if (records instanceof WrittenRecords)
    return records.batches.reduce((sum, batch) => sum + batchRoom(batch, { compression }), 0);
  const headers = batchHeaderBytes * Math.ceil(records.length / perBatch);
  return bytes + headers + (compression === 'none' ? 0 : compressedBound(bytes));
}

/** Checks records and adds up what they take in batches. @throws LogError `LOG_INVALID_RECORD` */
function measure({ topic, partition, records: sequence }: PartitionRecords, entry: number): Measured {
  const records = batchSource(sequence);
  if (records instanceof WrittenRecords) {
    const { bytes, largestAt: index, largestBytes } = records;
    return { topic, partition, records, bytes, largest: { entry, index, bytes: largestBytes } };
  }
  let bytes = 0;
  let largest = { entry, index: 0, bytes: 0 };
  for (const [index, record] of records.entries()) {
    if (!Number.isSafeInteger(record.timestamp)) {
      throw invalidTimestamp(record.timestamp, { topic, partition, entry, index });
    }
    const size = recordBytes(record);
    bytes += size;
    if (size > largest.bytes) largest = { entry, index, bytes: size };
  }
  return { topic, partition, records, bytes, largest };
}
