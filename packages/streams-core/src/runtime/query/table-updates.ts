import type { ChangedRow, StoreRow } from '@millrace/state-stores/runtime';
import type { Observable, Subscriber } from 'rxjs';
import { rxjs } from '../../record/rxjs.ts';
import { windowedRow } from './windowed-query.ts';
import type { Row } from './queryable-store.ts';
import type { StorePartition, StorePartitions } from './store-partitions.ts';

/** A row that a commit has changed; an undefined value: it is gone. */
export type RowChange<K, V> = Row<K, V | undefined>;

/**
 * What a table looks like and how it changes, partition by partition: first all rows, then what each commit
 * changes. Rows that expire are not told of.
 */
export type TableUpdate<K, V> =
  | { readonly type: 'snapshot'; readonly partition: number; readonly rows: readonly Row<K, V>[] }
  | { readonly type: 'changes'; readonly partition: number; readonly rows: readonly RowChange<K, V>[] }
  /** The partition has left this instance. */
  | { readonly type: 'gone'; readonly partition: number };

type Update = TableUpdate<unknown, unknown>;

/**
 * The committed rows of a store's partitions that are here, from now on; completes when the app is closed.
 */
export function tableUpdates(partitions: StorePartitions): Observable<Update> {
  return new (rxjs().Observable)((subscriber) => {
    const watches = new Map<number, PartitionWatch>();
    const run = async (): Promise<void> => {
      while (!subscriber.closed && !partitions.isOver()) {
        // Asked for before looking, so that nothing is missed.
        const changed = partitions.changed();
        reconcile(partitions.here(), watches, subscriber);
        await changed;
      }
      subscriber.complete();
    };
    run().catch((error: unknown) => subscriber.error(error));
    return () => {
      for (const watch of watches.values()) watch.stop();
    };
  });
}

function reconcile(
  here: readonly StorePartition[],
  watches: Map<number, PartitionWatch>,
  subscriber: Subscriber<Update>,
): void {
  for (const [partition, watch] of watches) {
    if (here.some(({ store }) => store === watch.store)) continue;
    watch.stop();
    watches.delete(partition);
    subscriber.next({ type: 'gone', partition });
  }
  for (const found of here) {
    const { partition, store } = found;
    if (watches.has(partition) || !store.knowsCommitted) continue;
    watches.set(partition, new PartitionWatch(found, subscriber));
  }
}

/** Follows one partition: what is there, and what changes meanwhile and after. */
class PartitionWatch {
  readonly store: StorePartition['store'];
  readonly stop: () => void;
  readonly #found: StorePartition;
  readonly #subscriber: Subscriber<Update>;
  /** What has changed while the snapshot is read, of each row the last. */
  #meanwhile: Map<string, ChangedRow<unknown, unknown>> | undefined = new Map();

  constructor(found: StorePartition, subscriber: Subscriber<Update>) {
    this.store = found.store;
    this.#found = found;
    this.#subscriber = subscriber;
    const queries = found.store.queries!('committed');
    this.stop = queries.watch((rows) => this.#changed(rows));
    const rows =
      queries.kind === 'windowed'
        ? queries.fetchAll({ from: 0, to: Number.MAX_SAFE_INTEGER, reverse: false })
        : queries.range({});
    this.#snapshot(rows).catch((error: unknown) => {
      // Closed while it was read: the update `gone` says so.
      if (found.isOpen()) subscriber.error(error);
    });
  }

  async #snapshot(rows: AsyncIterable<StoreRow<unknown, unknown>>): Promise<void> {
    const { partition } = this.#found;
    const all: Row<unknown, unknown>[] = [];
    for await (const row of rows) all.push(publicRow(row));
    const meanwhile = [...this.#meanwhile!.values()];
    this.#meanwhile = undefined;
    this.#subscriber.next({ type: 'snapshot', partition, rows: all });
    if (meanwhile.length > 0) this.#changed(meanwhile);
  }

  #changed(rows: readonly ChangedRow<unknown, unknown>[]): void {
    const { partition } = this.#found;
    if (this.#meanwhile === undefined) {
      this.#subscriber.next({ type: 'changes', partition, rows: rows.map(publicRow) });
      return;
    }
    for (const row of rows) {
      const name = `${row.start} ${row.end} ${Buffer.from(row.keyBytes).toString('latin1')}`;
      this.#meanwhile.set(name, row);
    }
  }
}

function publicRow(row: ChangedRow<unknown, unknown>): Row<unknown, unknown> {
  const { key, keyBytes, start, end, value, timestamp } = row;
  if (start === undefined || end === undefined) return { key, value, timestamp };
  return windowedRow({ key, keyBytes, start, end, value, timestamp });
}
