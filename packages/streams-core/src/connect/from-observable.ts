import type { LogClient, LogProducer } from '@millrace/log-client';
import type { BehaviorSubject, Observable, Subject } from 'rxjs';
import { StreamsError } from '../errors.ts';
import { rxjs } from '../record/rxjs.ts';
import type { Topic } from '../serde/topic.ts';
import { byPartition, RecordPlacer, type SourceRecord } from './write-records.ts';

export interface FromObservableOptions {
  /**
   * Records that may wait to be written; more is an error, because an observable cannot be paused. Default
   * 10,000.
   */
  readonly maxPending?: number;
  /** About how many records to write at a time. Default 1000. */
  readonly batchRecords?: number;
}

/** A connector at work. */
export interface SourceConnector {
  /** Emits how many more records there is room for, each time some were written. */
  readonly demand$: Observable<number>;
  /** Resolves when the source has completed and all is written; rejects where either fails. */
  readonly done: Promise<void>;
  /** Records that have been written so far. */
  readonly written: number;
  /** Takes no more; resolves when all records taken so far are written. */
  close(): Promise<void>;
}

type Source<K, V> =
  | Observable<SourceRecord<K, V>>
  | ((demand$: Observable<number>) => Observable<SourceRecord<K, V>>);

/**
 * Writes what an observable emits to a topic, by the key's hash, in order and in batches. A source that can
 * limit what it emits is given as a function of `demand$`: it need never emit more than there is room for.
 */
export function fromObservable<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  source: Source<K, V>,
  options: FromObservableOptions = {},
): SourceConnector {
  return new Connector(log, topic, source, options);
}

class Connector<K, V> implements SourceConnector {
  readonly demand$: Observable<number>;
  readonly done: Promise<void>;
  written = 0;
  readonly #log: LogClient;
  readonly #topic: Topic<K, V>;
  readonly #maxPending: number;
  readonly #batchRecords: number;
  readonly #demand: BehaviorSubject<number>;
  readonly #pending: SourceRecord<K, V>[] = [];
  readonly #changed: Subject<void>;
  readonly #stop: Subject<void>;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(log: LogClient, topic: Topic<K, V>, source: Source<K, V>, options: FromObservableOptions) {
    const { maxPending = 10_000, batchRecords = 1000 } = options;
    this.#log = log;
    this.#topic = topic;
    this.#maxPending = maxPending;
    this.#batchRecords = batchRecords;
    const { BehaviorSubject, Subject, takeUntil } = rxjs();
    this.#changed = new Subject<void>();
    this.#stop = new Subject<void>();
    this.#demand = new BehaviorSubject(maxPending);
    this.demand$ = this.#demand.asObservable();
    const records$ = typeof source === 'function' ? source(this.demand$) : source;
    records$.pipe(takeUntil(this.#stop)).subscribe({
      next: (record) => this.#take(record),
      error: (error: unknown) => this.#fail(error),
      complete: () => this.#end(),
    });
    this.done = this.#run();
  }

  close(): Promise<void> {
    this.#stop.next();
    this.#end();
    return this.done;
  }

  #take(record: SourceRecord<K, V>): void {
    if (this.#pending.length < this.#maxPending) {
      this.#pending.push(record);
      this.#changed.next();
      return;
    }
    this.#stop.next();
    this.#fail(
      new StreamsError(
        'SOURCE_OVERFLOW',
        `fromObservable("${this.#topic.name}"): ${this.#maxPending} records wait to be written, and the source emitted another: raise maxPending, or give the source as a function of demand$`,
      ),
    );
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#changed.next();
  }

  async #run(): Promise<void> {
    // A rejected value would end the source; the topic's readers reject it by their handlers.
    const placer = new RecordPlacer({ validates: false });
    await placer.learn(this.#log, [this.#topic.name], 'fromObservable');
    const producer = await this.#log.producer();
    try {
      while (!this.#ended || this.#pending.length > 0) {
        if (this.#pending.length > 0) await this.#write(producer, placer);
        else await nextChange(this.#changed);
      }
    } finally {
      this.#stop.next();
      this.#demand.complete();
      await producer.close();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #write(producer: LogProducer, placer: RecordPlacer): Promise<void> {
    const batch = this.#pending.slice(0, this.#batchRecords);
    await producer.commit({ records: byPartition(batch.map((record) => placer.place(this.#topic, record))) });
    this.#pending.splice(0, batch.length);
    this.written += batch.length;
    this.#demand.next(batch.length);
  }
}

function nextChange(changed: Observable<void>): Promise<void> {
  return new Promise((resolve) => {
    const subscription = changed.subscribe(() => {
      subscription.unsubscribe();
      resolve();
    });
  });
}
