import { type Bytes, partitionForKey } from '@millrace/log-client';
import { RecordError } from '../../../errors.ts';
import type { Forward, StreamRecord } from '../../../record/record.ts';
import { checking } from '../../../serde/checking.ts';
import type { Serializer } from '../../../serde/topic.ts';
import type { SinkNode } from '../../../topology/graph/nodes.ts';
import type { DropReason } from '../../../topology/operator.ts';
import type { ProductionExceptionHandler } from '../../../handlers.ts';
import { deadLetter } from '../process/guard.ts';
import type { ProducedFor, RecordCollector } from './record-collector.ts';
import type { TaskTracing } from '../task-tracing.ts';
import type { TaskClock } from '../task-clock.ts';
import type { TopicDirectory } from '../topic-directory.ts';

export interface SinkOptions {
  readonly collector: RecordCollector;
  readonly directory: TopicDirectory;
  readonly clock: TaskClock;
  readonly onProductionError: ProductionExceptionHandler;
  readonly dropped: (reason: DropReason | undefined, node: string) => void;
  /** Whether serdes check what they write, where they can. */
  readonly validate: boolean;
  /** Undefined where records are not traced. */
  readonly tracing?: TaskTracing | undefined;
}

/**
 * The end of a record's way through a task: serialised, given a partition and collected. Records without a
 * key go to the partition of the task, so that a replay puts them where they were.
 */
export function openSink(node: SinkNode, options: SinkOptions): Forward {
  const { collector, directory, clock, onProductionError, dropped, tracing } = options;
  const { name, topic, partitioner } = node;
  const keySerde = options.validate ? checking(node.key) : node.key;
  const valueSerde = options.validate ? checking(node.value) : node.value;
  const keyOf = writer(keySerde);
  const valueOf = writer(valueSerde);
  const collect = (to: ProducedFor, partitions: number, record: StreamRecord<unknown, unknown>): void => {
    const { key, value, timestamp, headers } = record;
    let keyBytes: Bytes | null;
    let valueBytes: Bytes | null;
    try {
      if (!(timestamp >= 0 && Number.isSafeInteger(timestamp))) {
        throw new RangeError(
          `its timestamp is ${String(timestamp)}: whole milliseconds since the epoch expected`,
        );
      }
      keyBytes = key === null ? null : keyOf(key);
      valueBytes = value === null ? null : valueOf(value);
    } catch (cause) {
      const what = `A record for "${to.topic}" could not be written`;
      const error = new RecordError('RECORD_PRODUCTION', {
        what,
        node: name,
        addedAt: node.addedAt,
        origin: clock.origin,
        cause,
      });
      const response = onProductionError(error, record);
      // The same bytes would be refused again.
      if (response === 'fail' || response === 'retry') throw error;
      dropped('failed', name);
      return deadLetter(response, error, clock.raw, options);
    }
    const traced = tracing === undefined ? headers : tracing.produced(to.topic, headers);
    // Always a copy: user code may change what it has forwarded before this is committed.
    const produced = { key: keyBytes, value: valueBytes, timestamp, headers: traced };
    const chosen = partitioner?.(record, { topic: to.topic, partitions });
    if (chosen === undefined) {
      collector.add(to, defaultPartition(keyBytes, partitions, clock.partition), produced);
    } else if (typeof chosen === 'number') {
      collector.add(to, checked(name, chosen, partitions), produced);
    } else {
      if (chosen.length === 0) dropped(undefined, name);
      for (const partition of new Set(chosen))
        collector.add(to, checked(name, partition, partitions), produced);
    }
  };
  const send = (target: string, record: StreamRecord<unknown, unknown>): void | Promise<void> => {
    const to = collector.of(target);
    const partitions = directory.partitions(target);
    if (typeof partitions === 'number') return collect(to, partitions, record);
    return partitions.then((count) => collect(to, count, record));
  };
  if (typeof topic !== 'string') return (record) => send(topic(record), record);
  const target = directory.realName(topic);
  const known = directory.partitions(target);
  if (typeof known !== 'number') return (record) => send(target, record);
  const to = collector.of(target);
  return (record) => collect(to, known, record);
}

/** Writes as text where the serde can: the log encodes it in place. */
function writer(serde: Serializer<unknown>): (value: unknown) => Bytes {
  if (serde.serializeText === undefined) return (value) => serde.serialize(value);
  return (value) => serde.serializeText!(value);
}

/** @throws RangeError for a partition that is not there */
function checked(node: string, partition: number, partitions: number): number {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition;
  throw new RangeError(`The partitioner of ${node} chose partition ${partition} of ${partitions}`);
}

function defaultPartition(key: Bytes | null, partitions: number, own: number): number {
  if (partitions === 1) return 0;
  return key === null ? own % partitions : partitionForKey(key, partitions);
}
