import type { StoreSpec } from '@millrace/state-stores';
import { type Aggregation, aggregate } from '../operators/aggregate/aggregate.ts';
import { cogroupMerge } from '../operators/aggregate/cogroup.ts';
import { windowAggregate } from '../operators/aggregate/window-aggregate.ts';
import type { Windowed } from '../record.ts';
import { timeWindowed } from '../serde/windowed-serde.ts';
import type { AnyOperator } from '../topology/operator.ts';
import type { TimeWindows } from '../windows/time-windows.ts';
import type { GroupedStream } from './kgrouped-stream.ts';
import type { KTable } from './ktable.ts';
import { derivedFrom, keptIn, requireKeySerde, tableStore, valueSerdeOr } from './materialize.ts';
import type { Materialized, MaterializedWindow } from './options.ts';
import type { Views } from './views.ts';
import { windowedStore } from './windowed-store.ts';

/** A grouped stream of a cogroup, and how its values go into the aggregate. */
export interface CogroupedPart<K> {
  readonly stream: GroupedStream<K>;
  /** Of unknown types: `cogroup` has checked that it fits its stream and the aggregate. */
  readonly add: (aggregate: never, value: never, key: never) => unknown;
}

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
    const { node, sources } = addAggregations(
      this.#views,
      this.#parts,
      storeName,
      options.name,
      (aggregation) => aggregate(storeName, { ...aggregation, initial: () => options.initial() }),
    );
    const key = requireKeySerde(this.#parts[0]!.stream.keySerde, node);
    const value = valueSerdeOr(options.value);
    graph.addStore(tableStore(storeName, key, value, options) as StoreSpec);
    return this.#views.table({ node, key, value, sources });
  }

  /** Groups further by windows of time. */
  windowedBy(windows: TimeWindows): TimeWindowedCogroupedKStream<K, A> {
    return new TimeWindowedCogroupedKStream(this.#views, this.#parts, windows);
  }
}

/** Several grouped streams that are aggregated by windows of time into one table. */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #views: Views;
  readonly #parts: readonly CogroupedPart<K>[];
  readonly #windows: TimeWindows;

  /** @internal */
  constructor(views: Views, parts: readonly CogroupedPart<K>[], windows: TimeWindows) {
    this.#views = views;
    this.#parts = parts;
    this.#windows = windows;
  }

  /** Makes the table. */
  aggregate(options: { initial(): A } & MaterializedWindow<A>): KTable<Windowed<K>, A> {
    const { graph } = this.#views;
    const storeName = options.as ?? graph.names.store(prefix);
    const { node, sources } = addAggregations(
      this.#views,
      this.#parts,
      storeName,
      options.name,
      (aggregation) =>
        windowAggregate(storeName, this.#windows, { ...aggregation, initial: () => options.initial() }),
    );
    const key = requireKeySerde(this.#parts[0]!.stream.keySerde, node);
    const value = valueSerdeOr(options.value);
    graph.addStore(windowedStore(node, storeName, this.#windows, key, value, options) as StoreSpec);
    const { sizeMs, graceMs } = this.#windows;
    return this.#views.table({ node, key: timeWindowed(key, sizeMs), value, sources, graceMs });
  }
}

const prefix = 'COGROUPKSTREAM-AGGREGATE-';

/** One aggregation for each stream, all into one store, and the node where their changes come together. */
function addAggregations<K, A>(
  { graph }: Views,
  parts: readonly CogroupedPart<K>[],
  storeName: string,
  name: string | undefined,
  operator: (aggregation: Pick<Aggregation<K, never, A>, 'add'>) => AnyOperator,
): { readonly node: string; readonly sources: readonly string[] } {
  const refs = parts.map(({ stream }, index) =>
    stream.source(parts.length > 1 ? `${storeName}-${index}` : storeName),
  );
  const sources = [...new Set(refs.flatMap((ref) => ref.sources))];
  const nodes = parts.map(({ add }, index) => {
    const node = graph.names.node(prefix, name && `${name}-cogroup-agg-${index}`);
    graph.addProcessor({
      name: node,
      parents: [refs[index]!.node],
      operator: operator({ add: add as Aggregation<K, never, A>['add'] }),
      table: keptIn(storeName),
    });
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
