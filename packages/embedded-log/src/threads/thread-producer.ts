import { type Compression, GrowingMemory, loadCodec } from '@millrace/kafka-protocol';
import { LogError, type LogProducer, type LogTransaction, type PartitionRecords } from '@millrace/log-client';
import { encodeRecords, expectedBytes, batchSources } from '../encode/encode-records.ts';
import type { CommitAnswer, CommitRequest } from './messages.ts';
import type { Peer } from './peer.ts';

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
    const sources = batchSources(records);
    for (;;) {
      // In memory of its own: it goes to the owner's thread.
      const memory = new GrowingMemory(expectedBytes(sources), { own: true });
      const entries = encodeRecords(memory, 0, sources, (topic) => ({
        compression: this.#compressions.get(topic) ?? 'none',
      }));
      const bytes = memory.bytes.subarray(0, entries.at(-1)?.to ?? 0);
      const request: CommitRequest = { producer: this.#id, entries, bytes, offsets };
      const answer = await this.#peer.call<CommitAnswer>('commit', request, [bytes.buffer as ArrayBuffer]);
      if ('baseOffsets' in answer) return [...answer.baseOffsets];
      for (const [topic, compression] of answer.compressions) {
        await loadCodec(compression);
        this.#compressions.set(topic, compression);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#peer.note('closeProducer', this.#id);
  }
}
