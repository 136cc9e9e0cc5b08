import {
  type LogClient,
  type LogProducer,
  noHeaders,
  partitionForKey,
  type Headers,
} from '@millrace/log-client';
import { BehaviorSubject, type Observable, Subject, takeUntil } from 'rxjs';
import { StreamsError } from '../errors.ts';
import type { Topic } from '../serde/topic.ts';

/** A record to be written. */
export interface SourceRecord<K, V> {
  readonly key: K | null;
  readonly value: V | null;
  /** In milliseconds. Default: now. */
  readonly timestamp?: number;
  readonly headers?: Headers;
}

export interface FromObservableOptions {
  /** Records that may wait to be written; more is an error, because an observable cannot be told to wait. Default 10,000. */
  readonly maxPending?: number;
  /** About how many records to write at a time. Default 1000. */
  readonly batchRecords?: number;
}

/** A connector at work. */
export interface SourceConnector {
  /** Room for so many more records, each time there is some: what to ask a source for that can be asked. */
  readonly demand$: Observable<number>;
  /** Resolves when the source has completed and all is written; rejects where either fails. */
  readonly done: Promise<void>;
  /** Records that have been written so far. */
  readonly written: number;
  /** Takes no more; resolves when what has come is written. */
  close(): Promise<void>;
}

/**
 * Writes what an observable emits to a topic, by the key's hash, in order and in batches. A source that can be asked for so
 * many records, and no more, is given as a function of `demand$`: it never has more to take than there is room for.
 */
export function fromObservable<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  source: Observable<SourceRecord<K, V>> | ((demand$: Observable<number>) => Observable<SourceRecord<K, V>>),
  { maxPending = 10_000, batchRecords = 1000 }: FromObservableOptions = {},
): SourceConnector {
  const demand = new BehaviorSubject(maxPending);
  const pending: SourceRecord<K, V>[] = [];
  const changed = new Subject<void>();
  const stop = new Subject<void>();
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let written = 0;
  const fail = (error: unknown): void => {
    failure ??= { error };
    ended = true;
    changed.next();
  };
  const records$ = typeof source === 'function' ? source(demand.asObservable()) : source;
  records$.pipe(takeUntil(stop)).subscribe({
    next: (record) => {
      if (pending.length >= maxPending) {
        stop.next();
        return fail(
          new StreamsError(
            'TOPOLOGY_TOPIC_MISSING',
            `fromObservable: "${topic.name}" has ${maxPending} records waiting to be written, and the source goes on: allow more with maxPending, or give the source as a function of demand$`,
          ),
        );
      }
      pending.push(record);
      changed.next();
    },
    error: fail,
    complete: () => {
      ended = true;
      changed.next();
    },
  });

  const write = async (producer: LogProducer, partitions: number): Promise<void> => {
    const batch = pending.slice(0, batchRecords);
    const byPartition = new Map<number, ReturnType<typeof serialized<K, V>>[]>();
    for (const record of batch) {
      const made = serialized(topic, record);
      const partition = made.key === null ? written % partitions : partitionForKey(made.key, partitions);
      const list = byPartition.get(partition) ?? [];
      byPartition.set(partition, list);
      list.push(made);
    }
    await producer.commit({
      records: [...byPartition].map(([partition, list]) => ({ topic: topic.name, partition, records: list })),
    });
    pending.splice(0, batch.length);
    written += batch.length;
    demand.next(batch.length);
  };

  const run = async (): Promise<void> => {
    const info = (await log.admin.topics([topic.name])).get(topic.name);
    if (info === undefined) {
      throw new StreamsError(
        'APP_STATE',
        `fromObservable: the topic "${topic.name}" does not exist: create it first`,
      );
    }
    const producer = await log.producer();
    try {
      while (!ended || pending.length > 0) {
        if (pending.length > 0) await write(producer, info.partitions);
        else await nextChange(changed);
      }
    } finally {
      stop.next();
      demand.complete();
      await producer.close();
    }
    if (failure !== undefined) throw failure.error;
  };
  const done = run();
  return {
    demand$: demand.asObservable(),
    done,
    get written() {
      return written;
    },
    close() {
      stop.next();
      ended = true;
      changed.next();
      return done;
    },
  };
}

function nextChange(changed: Observable<void>): Promise<void> {
  return new Promise((resolve) => {
    const subscription = changed.subscribe(() => {
      subscription.unsubscribe();
      resolve();
    });
  });
}

function serialized<K, V>(
  { key: keySerde, value: valueSerde }: Topic<K, V>,
  { key, value, timestamp = Date.now(), headers = noHeaders }: SourceRecord<K, V>,
) {
  return {
    key: key === null ? null : keySerde.serialize(key),
    value: value === null ? null : valueSerde.serialize(value),
    timestamp,
    headers,
  };
}
