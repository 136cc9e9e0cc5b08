import type { ChangedRow, KeyValueQueries, VersionedQueries } from '@millrace/state-stores/runtime';
import type { Observable, Subscriber } from 'rxjs';
import { TopologyError } from '../../errors.ts';
import { rxjs } from '../../record/rxjs.ts';
import { partitionOf } from './store-query.ts';
import type { Row } from './queryable-store.ts';
import type { StorePartition, StorePartitions } from './store-partitions.ts';

type MaybeRow = Row<unknown, unknown> | undefined;

/** A row of a key-value store, and what commits make of it. */
export function rowUpdates(partitions: StorePartitions, key: unknown): Observable<MaybeRow> {
  const { kind, name } = partitions.spec;
  if (kind !== 'key-value' && kind !== 'versioned') {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `Store "${name}" has windows: follow the whole table instead`,
    );
  }
  return new (rxjs().Observable)((subscriber) => {
    let stop = (): void => {};
    const run = async (): Promise<void> => {
      let watched: StorePartition | undefined;
      while (!subscriber.closed && !partitions.isOver()) {
        // Asked for before looking, so that nothing is missed.
        const changed = partitions.changed();
        if (watched === undefined) {
          const found = partitions.find(partitionOf(partitions, key), undefined);
          if (found.isReplica || found.store.knowsCommitted) {
            watched = found;
            stop = watchRow(found, key, subscriber);
          }
        } else if (!watched.isOpen()) {
          // Says where it has gone, or is found again.
          stop();
          watched = undefined;
          continue;
        }
        await changed;
      }
      subscriber.complete();
    };
    run().catch((error: unknown) => subscriber.error(error));
    return () => stop();
  });
}

function watchRow(
  { store, isReplica }: StorePartition,
  key: unknown,
  subscriber: Subscriber<MaybeRow>,
): () => void {
  const queries = store.queries!(isReplica ? 'latest' : 'committed') as
    | KeyValueQueries<unknown, unknown>
    | VersionedQueries<unknown, unknown>;
  const found = queries.get(key);
  if (found === undefined) subscriber.next(undefined);
  else {
    const timestamp = 'timestamp' in found ? found.timestamp : found.validFrom;
    subscriber.next({ key, value: found.value, timestamp });
  }
  const keyBytes = queries.keyBytes(key);
  return queries.watch((rows: readonly ChangedRow<unknown, unknown>[]) => {
    for (const { keyBytes: changed, value, timestamp } of rows) {
      if (Buffer.compare(changed, keyBytes) !== 0) continue;
      subscriber.next(value === undefined ? undefined : { key, value, timestamp });
    }
  });
}
