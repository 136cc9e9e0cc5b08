import type { JsonDefault } from '../serde/json-default.ts';
import type { Materialized } from '../options/materialized.ts';
import type { WindowingOptions } from '../options/windowed-options.ts';
import { aggregateCogrouped, type CogroupedStream } from '../plan/aggregate/cogrouped.ts';
import type { GroupedRef } from '../plan/aggregate/grouped.ts';
import { type StartedWindows, startedWindowing } from '../plan/aggregate/windowing.ts';
import { SessionWindows } from '../windows/session-windows.ts';
import type { Handles } from './handles.ts';
import type { InsertOnlyKTable } from './ktable.ts';
import { SessionWindowedCogroupedKStream } from './session-windowed-cogrouped-kstream.ts';
import { TimeWindowedCogroupedKStream } from './time-windowed-cogrouped-kstream.ts';

type CogroupedOptions<K> = Pick<WindowingOptions<K, unknown>, 'onLate'>;

/** A grouped stream whatever its values: what a cogroup needs of it. */
interface GroupedStream<K> {
  /** @internal */
  readonly grouped: GroupedRef<K, unknown>;
}

/** Several grouped streams that are aggregated into one table, each in its own way. */
export class CogroupedKStream<K, A> {
  readonly #handles: Handles;
  readonly #streams: readonly CogroupedStream<K>[];

  /** @internal */
  constructor(handles: Handles, streams: readonly CogroupedStream<K>[]) {
    this.#handles = handles;
    this.#streams = streams;
  }

  /** Adds a stream and how its values go into the aggregate. */
  cogroup<V>(
    stream: GroupedStream<K> & { cogroup(add: (aggregate: A, value: V, key: K) => A | null): unknown },
    add: (aggregate: A, value: V, key: K) => A | null,
  ): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.#handles, [...this.#streams, { grouped: stream.grouped, add }]);
  }

  /** Makes the table. */
  aggregate(options: { initial(): A } & Materialized<A> & JsonDefault<A>): InsertOnlyKTable<K, A> {
    return this.#handles.insertOnlyTable(aggregateCogrouped(this.#handles.graph, this.#streams, options));
  }

  /** Groups further by sessions. */
  windowedBy(windows: SessionWindows, options?: CogroupedOptions<K>): SessionWindowedCogroupedKStream<K, A>;
  /** Groups further by windows of time. */
  windowedBy(windows: StartedWindows, options?: CogroupedOptions<K>): TimeWindowedCogroupedKStream<K, A>;
  windowedBy(
    windows: StartedWindows | SessionWindows,
    onLate: CogroupedOptions<K> = {},
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    const cogrouped = { streams: this.#streams, onLate };
    return windows instanceof SessionWindows
      ? new SessionWindowedCogroupedKStream(this.#handles, cogrouped, windows)
      : new TimeWindowedCogroupedKStream(this.#handles, cogrouped, startedWindowing(windows));
  }
}
