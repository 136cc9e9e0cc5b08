import type { StoreSpec } from '@millrace/state-stores';
import { type Aggregation, aggregate } from '../operators/aggregate/aggregate.ts';
import { cogroupMerge } from '../operators/aggregate/cogroup.ts';
import {
  type SessionAggregation,
  sessionWindowAggregate,
} from '../operators/aggregate/session-window-aggregate.ts';
import type { LateRecords } from '../operators/aggregate/late.ts';
import type { Windowed } from '../record.ts';
import type { AnyOperator } from '../topology/operator.ts';
import { SessionWindows } from '../windows/session-windows.ts';
import type { GroupedStream } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import { derivedFrom, keptIn, requireKeySerde, tableStore, valueSerdeOr } from './materialize.ts';
import type { Materialized, MaterializedWindow } from './options.ts';
import type { Views } from './views.ts';
import { type StartedWindows, sessionWindowing, startedWindowing, type Windowing } from './windowing.ts';
import { addLateSink, lateRecordsOf, type WindowingOptions } from './windowing-options.ts';

/** A grouped stream of a cogroup, and how its values go into the aggregate. */
export interface CogroupedPart<K> {
  readonly stream: GroupedStream<K>;
  /** Of unknown types: `cogroup` has checked that it fits its stream and the aggregate. */
  readonly add: (aggregate: never, value: never, key: never) => unknown;
}

type CogroupedOptions<K> = Pick<WindowingOptions<K, unknown>, 'onLate'>;
/** Of unknown types: `windowedBy` has checked that they fit. */
type AnyCogroupedOptions = Pick<WindowingOptions<never, never>, 'onLate'>;

/** Several grouped streams that are aggregated into one table, each in its own way. */
export class CogroupedKStream<K, A> {
  readonly #views: Views;
  readonly #parts: readonly CogroupedPart<K>[];

  /** @internal */
  constructor(views: Views, parts: readonly CogroupedPart<K>[]) {
    this.#views = views;
    this.#parts = parts;
  }

  /** Adds a stream and how its values go into the aggregate. */
  cogroup<V>(
    stream: GroupedStream<K> & { cogroup(add: (aggregate: A, value: V, key: K) => A | null): unknown },
    add: (aggregate: A, value: V, key: K) => A | null,
  ): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.#views, [...this.#parts, { stream, add }]);
  }

  /** Makes the table. */
  aggregate(options: { initial(): A } & Materialized<A>): KTable<K, A> {
    const { graph } = this.#views;
    const storeName = options.as ?? graph.names.store(prefix);
    const { node, sources } = addAggregations(this.#views, this.#parts, {
      storeName,
      options,
      operator: (add) => aggregate(storeName, { add, initial: () => options.initial() }),
    });
    const key = requireKeySerde(this.#parts[0]!.stream.keySerde, node);
    const value = valueSerdeOr(options.value);
    graph.addStore(tableStore(storeName, key, value, options) as StoreSpec);
    const { as, historyRetentionMs } = options;
    return this.#views.table({ node, key, value, sources, storeName: as, historyRetentionMs });
  }

  /** Groups further by sessions. */
  windowedBy(windows: SessionWindows, options?: CogroupedOptions<K>): SessionWindowedCogroupedKStream<K, A>;
  /** Groups further by windows of time. */
  windowedBy(windows: StartedWindows, options?: CogroupedOptions<K>): TimeWindowedCogroupedKStream<K, A>;
  windowedBy(
    windows: StartedWindows | SessionWindows,
    options: CogroupedOptions<K> = {},
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    return windows instanceof SessionWindows
      ? new SessionWindowedCogroupedKStream(this.#views, this.#parts, windows, options)
      : new TimeWindowedCogroupedKStream(this.#views, this.#parts, windows, options);
  }
}

/** Several grouped streams that are aggregated by windows of time into one table. */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #views: Views;
  readonly #parts: readonly CogroupedPart<K>[];
  readonly #windows: StartedWindows;
  readonly #options: AnyCogroupedOptions;

  /** @internal */
  constructor(
    views: Views,
    parts: readonly CogroupedPart<K>[],
    windows: StartedWindows,
    options: AnyCogroupedOptions,
  ) {
    this.#views = views;
    this.#parts = parts;
    this.#windows = windows;
    this.#options = options;
  }

  /** Makes the table. */
  aggregate(options: { initial(): A } & MaterializedWindow<A>): KTable<Windowed<K>, A> {
    const windowing = startedWindowing(this.#windows);
    return windowedTable(this.#views, this.#parts, windowing, {
      options,
      onLate: this.#options,
      operator: (storeName, add, late) =>
        windowing.operator({
          storeName,
          aggregation: { add, initial: () => options.initial() },
          emit: 'on-window-update',
          late,
        }),
    });
  }
}

/** Several grouped streams that are aggregated by sessions into one table. */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #views: Views;
  readonly #parts: readonly CogroupedPart<K>[];
  readonly #windows: SessionWindows;
  readonly #options: AnyCogroupedOptions;

  /** @internal */
  constructor(
    views: Views,
    parts: readonly CogroupedPart<K>[],
    windows: SessionWindows,
    options: AnyCogroupedOptions,
  ) {
    this.#views = views;
    this.#parts = parts;
    this.#windows = windows;
    this.#options = options;
  }

  /** Makes the table; `merge` makes one aggregate of two sessions', the older one first. */
  aggregate(
    options: { initial(): A; merge(older: A, newer: A, key: K): A } & MaterializedWindow<A>,
  ): KTable<Windowed<K>, A> {
    const merge = options.merge.bind(options) as SessionAggregation<K, never, A>['merge'];
    return windowedTable(this.#views, this.#parts, sessionWindowing(this.#windows), {
      options,
      onLate: this.#options,
      operator: (storeName, add, late) =>
        sessionWindowAggregate(this.#windows, {
          storeName,
          aggregation: { add, merge, initial: () => options.initial() },
          emit: 'on-window-update',
          late,
        }),
    });
  }
}

const prefix = 'COGROUPKSTREAM-AGGREGATE-';

type Add<K, A> = Aggregation<K, never, A>['add'];

function windowedTable<K, A>(
  views: Views,
  parts: readonly CogroupedPart<K>[],
  windowing: Windowing,
  {
    options,
    onLate,
    operator,
  }: {
    readonly options: MaterializedWindow<A>;
    readonly onLate: AnyCogroupedOptions;
    readonly operator: (storeName: string, add: Add<K, A>, late: LateRecords<K, never>) => AnyOperator;
  },
): KTable<Windowed<K>, A> {
  const { graph } = views;
  const storeName = options.as ?? graph.names.store(prefix);
  const { node, sources } = addAggregations<K, A>(views, parts, {
    storeName,
    options,
    onLate,
    operator: (add, name) => operator(storeName, add, lateRecordsOf(name, onLate) as LateRecords<K, never>),
  });
  const key = requireKeySerde(parts[0]!.stream.keySerde, node);
  const value = valueSerdeOr(options.value);
  const emit = 'on-window-update';
  graph.addStore(windowing.store({ node, name: storeName, key, value, options, emit }) as StoreSpec);
  const { graceMs } = windowing;
  return views.table({
    node,
    key: windowing.keySerde(key),
    value,
    sources,
    graceMs,
    storeName: options.as,
  });
}

interface Aggregations<K, A> {
  readonly storeName: string;
  readonly options: Pick<Materialized<A>, 'name' | 'caching'>;
  readonly onLate?: AnyCogroupedOptions;
  readonly operator: (add: Add<K, A>, node: string) => AnyOperator;
}

/** One aggregation for each stream, all into one store, and the node where their changes come together. */
function addAggregations<K, A>(
  { graph }: Views,
  parts: readonly CogroupedPart<K>[],
  { storeName, options, onLate, operator }: Aggregations<K, A>,
): { readonly node: string; readonly sources: readonly string[] } {
  const { name } = options;
  const refs = parts.map(({ stream }, index) =>
    stream.source(parts.length > 1 ? `${storeName}-${index}` : storeName),
  );
  const sources = [...new Set(refs.flatMap((ref) => ref.sources))];
  const nodes = parts.map(({ add }, index) => {
    const node = graph.names.node(prefix, name && `${name}-cogroup-agg-${index}`);
    graph.addProcessor({
      name: node,
      parents: [refs[index]!.node],
      operator: operator(add as Add<K, A>, node),
      table: keptIn(storeName, options),
    });
    if (onLate !== undefined) addLateSink(graph, node, onLate);
    return node;
  });
  const merge = graph.names.node('COGROUPKSTREAM-MERGE-', name && `${name}-cogroup-merge`);
  graph.requireCopartitioning(merge, sources);
  graph.addProcessor({
    name: merge,
    parents: nodes,
    operator: cogroupMerge(nodes[0]!),
    table: derivedFrom(...nodes),
  });
  return { node: merge, sources };
}
