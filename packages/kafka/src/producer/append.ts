import { LogError, type PartitionRecords, topicPartitionKey } from '@millrace/log-client';
import type { Cluster } from '../cluster/cluster.ts';
import { type BatchFields, batchRoom, loadCodec, writeBatch, WrittenRecords } from '@millrace/kafka-protocol';
import { errorCodes, errorName } from '@millrace/kafka-protocol/messages';
import { errorType, isPassing, KafkaError, toLogError } from '../errors.ts';
import { produce, type ProducedBatch, type ProduceResult } from './produce.ts';
import { halves, type PlannedBatch, planBatches } from './batch-plan.ts';
import type { ProducerIdentity } from './sequences.ts';

const maxRequestBytes = 8 << 20;

interface OutBatch extends ProducedBatch {
  readonly key: string;
  readonly planned: PlannedBatch;
  readonly baseSequence: number;
}

/**
 * Appends records under a producer's identity, each partition's in their order, and resolves to each entry's
 * first offset. A batch whose fate is unknown is sent again under the same sequence numbers, which the broker
 * recognises. One that is too large for the topic is cut in two, until the record that is too large is alone.
 */
export async function append(
  cluster: Cluster,
  entries: readonly PartitionRecords[],
  identity: ProducerIdentity,
  transactionalId: string | undefined,
): Promise<number[]> {
  const { compression, maxBatchBytes } = cluster.options;
  await loadCodec(compression);
  const plan = planBatches(entries, maxBatchBytes);
  const offsets = entries.map(() => -1);
  while (plan.size > 0) {
    const round = nextRound(plan).map((planned): OutBatch => {
      const { entry, from, to } = planned;
      const { topic, partition } = entry;
      const key = topicPartitionKey(topic, partition);
      const baseSequence = identity.take(key, to - from);
      const batch = encode(planned, {
        baseOffset: 0,
        leaderEpoch: -1,
        compression,
        producerId: identity.producerId,
        producerEpoch: identity.producerEpoch,
        baseSequence,
        transactional: transactionalId !== undefined,
      });
      return { topic, partition, bytes: batch, key, planned, baseSequence };
    });
    const tooLarge = await deliver(cluster, round, transactionalId ?? null, ({ planned }, baseOffset) => {
      if (offsets[planned.index] === -1) offsets[planned.index] = baseOffset;
    });
    for (const { key, planned, baseSequence } of tooLarge) {
      identity.giveBack(key, baseSequence);
      plan.set(key, [...halves(planned), ...(plan.get(key) ?? [])]);
    }
  }
  return offsets;
}

/** A batch as it goes out: in memory of its own, since it may still be on its way when it is tried again. */
function encode({ entry: { records }, from, to, bytes, written }: PlannedBatch, fields: BatchFields): Buffer {
  if (!(records instanceof WrittenRecords)) return writeBatch({ records, from, to, bytes }, fields);
  const target = Buffer.allocUnsafe(batchRoom(written!, fields));
  return target.subarray(0, records.writeBatch(target, 0, written!, fields));
}

/** The next batch of each partition, as many as go into one request. */
function nextRound(plan: Map<string, PlannedBatch[]>): PlannedBatch[] {
  const round: PlannedBatch[] = [];
  let size = 0;
  for (const [key, queue] of plan) {
    const next = queue[0]!;
    if (round.length > 0 && size + next.bytes > maxRequestBytes) break;
    size += next.bytes;
    round.push(next);
    queue.shift();
    if (queue.length === 0) plan.delete(key);
  }
  return round;
}

/** Resolves to the batches that are too large for their topics and can be cut. */
async function deliver(
  cluster: Cluster,
  round: readonly OutBatch[],
  transactionalId: string | null,
  onWritten: (batch: OutBatch, baseOffset: number) => void,
): Promise<readonly OutBatch[]> {
  const tooLarge: OutBatch[] = [];
  let left = new Set(round);
  await cluster.retry('Writing to Kafka', async () => {
    const requests = [...cluster.byLeader([...left])].map(async ([broker, batches]) => {
      const results = await produce(broker, transactionalId, batches, cluster.options.requestTimeoutMs);
      return results.map((result) => ({ result, batch: batchOf(batches, result) }));
    });
    const outcomes = await Promise.allSettled(requests);
    const again = new Set(left);
    let failure: unknown;
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        failure ??= outcome.reason;
        continue;
      }
      for (const { result, batch } of outcome.value) {
        if (result.errorCode === errorCodes.MESSAGE_TOO_LARGE && recordsOf(batch) > 1) {
          tooLarge.push(batch);
          again.delete(batch);
          continue;
        }
        const error = errorOf(result, batch);
        if (error === undefined) {
          onWritten(batch, result.baseOffset);
          again.delete(batch);
        } else if (failure === undefined || (isPassing(failure) && !isPassing(error))) {
          failure = error;
        }
      }
    }
    left = again;
    if (left.size > 0) throw failure ?? new KafkaError('NETWORK_EXCEPTION', 'an answer left partitions out');
  });
  return tooLarge;
}

function recordsOf({ planned: { from, to } }: OutBatch): number {
  return to - from;
}

function batchOf(batches: readonly OutBatch[], { topic, partition }: ProduceResult): OutBatch {
  const found = batches.find((batch) => batch.topic === topic && batch.partition === partition);
  if (found === undefined) {
    throw new LogError(
      'LOG_BROKER',
      `The broker answered for ${topic}-${partition}, which was not written to`,
    );
  }
  return found;
}

function errorOf(
  { errorCode, message, topic, partition }: ProduceResult,
  { planned: { index, from } }: OutBatch,
): KafkaError | LogError | undefined {
  const type = errorName(errorCode);
  if (errorCode === 0 || type === 'DUPLICATE_SEQUENCE_NUMBER') return undefined;
  const where = `${topic}-${partition}`;
  const error = new KafkaError(type, message === undefined ? where : `${where}: ${message}`);
  if (type !== 'MESSAGE_TOO_LARGE') return error;
  const { code, message: text } = toLogError(error, 'Writing to Kafka');
  return new LogError(code, text, { cause: error, rejected: { entry: index, index: from } });
}

/** Errors after which the broker no longer knows where this producer stands. */
export function losesIdentity(error: unknown): boolean {
  const cause = (error as { readonly cause?: unknown }).cause;
  return ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'].includes(
    errorType(cause ?? {}) ?? '',
  );
}
