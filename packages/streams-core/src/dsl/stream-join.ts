import type { Serde } from '@millrace/log-client';
import { type StoreSpec, windowStore } from '@millrace/state-stores';
import { joinWindow, streamStreamJoin } from '../operators/join/stream-stream-join.ts';
import { streamSelfJoin } from '../operators/join/stream-self-join.ts';
import type { JoinSides } from '../operators/join/table-table-join.ts';
import { passThrough } from '../operators/stateless/pass-through.ts';
import { unmatchedKey, unmatchedValues } from '../serde/unmatched-serde.ts';
import type { JoinWindows } from '../windows/join-windows.ts';
import { requireKeySerde, valueSerdeOr } from './materialize.ts';
import type { Named } from './options.ts';
import { throughTopic } from './repartition.ts';
import type { StreamRef, Views } from './views.ts';

/** How the two streams of a join are kept while they wait for each other. */
export interface StreamJoined<K, V1, V2> extends Named {
  readonly key?: Serde<K>;
  readonly value?: Serde<V1>;
  readonly otherValue?: Serde<V2>;
  /** The beginning of the stores' names. */
  readonly storeName?: string;
  /** On disk, or in memory and restored from the changelogs at each start. Default: true. */
  readonly persistent?: boolean;
  /** Whether what is kept goes to changelog topics. Default: true. */
  readonly logging?: boolean;
  readonly changelogConfigs?: Readonly<Record<string, string>>;
}

/** Adds the nodes of a stream-stream join; returns what flows out of it. Names count as in KStreamImplJoin. */
export function joinStreams<K, V1, V2, R>(
  views: Views,
  streams: { readonly left: StreamRef<K, V1>; readonly right: StreamRef<K, V2> },
  windows: JoinWindows,
  joiner: (left: V1 | null, right: V2 | null, key: K) => R,
  keeps: JoinSides,
  options: StreamJoined<K, V1, V2>,
): StreamRef<K, R> {
  const { graph } = views;
  const { names } = graph;
  const { name, storeName } = options;
  const key = options.key ?? streams.left.key ?? streams.right.key;
  const through = <V>(ref: StreamRef<K, V>, suffix: string, value: Serde<V> | undefined): StreamRef<K, V> => {
    if (!ref.repartition) return ref;
    const prefix = name === undefined ? ref.node : name + suffix;
    return throughTopic(views, ref, { prefix, key, value: value ?? ref.value });
  };
  const left = through(streams.left, '-left', options.value);
  const right = through(streams.right, '-right', options.otherValue);
  const suffixed = (prefix: string, suffix: string): string => names.node(prefix, name && name + suffix);
  const leftWindow = suffixed('KSTREAM-WINDOWED-', '-this-windowed');
  const rightWindow = suffixed('KSTREAM-WINDOWED-', '-other-windowed');
  const [leftSuffix, rightSuffix] = [
    keeps.right ? '-outer-this-join' : '-this-join',
    keeps.left ? '-outer-other-join' : '-other-join',
  ];
  const leftGenerated = names.node(keeps.right ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-');
  const rightGenerated = names.node(keeps.left ? 'KSTREAM-OUTEROTHER-' : 'KSTREAM-JOINOTHER-');
  const [leftJoin, rightJoin] =
    name === undefined ? [leftGenerated, rightGenerated] : [name + leftSuffix, name + rightSuffix];
  const merge = suffixed('KSTREAM-MERGE-', '-merge');
  if (keeps.left || keeps.right) graph.nullKeyJoins.add(merge);
  const storeOf = (generated: string, suffix: string): string =>
    `${storeName === undefined ? generated : storeName + suffix}-store`;
  const stores = { left: storeOf(leftGenerated, leftSuffix), right: storeOf(rightGenerated, rightSuffix) };
  const outer = storeOf(leftGenerated.replace(/^.*-(?=\d+$)/, 'KSTREAM-OUTERSHARED-'), '-outer-shared-join');
  const unmatched = keeps.left ? outer : undefined;

  const keySerde = requireKeySerde(key, merge);
  const values = {
    left: valueSerdeOr(options.value, left.value),
    right: valueSerdeOr(options.otherValue, right.value),
  };
  const { persistent = true, logging = true, changelogConfigs } = options;
  const configs = changelogConfigs === undefined ? {} : { changelogConfigs };
  const isInner = !keeps.left && !keeps.right;
  const isSelfJoin =
    graph.optimize.selfJoin === true && isInner && (streams.left as unknown) === streams.right;
  const keep = <V>(store: string, value: Serde<V>): void => {
    const { sizeMs, graceMs } = windows;
    // One store for both sides has seen a record that the other side's would not have: it keeps what that would still show.
    const retentionMs = sizeMs + graceMs + (isSelfJoin ? 1 : 0);
    const spec = windowStore({
      name: store,
      key: keySerde,
      value,
      persistent,
      logging,
      retentionMs,
      windowSizeMs: sizeMs,
    });
    graph.addStore({ ...spec, ...configs, retainDuplicates: true } as StoreSpec);
  };
  keep(stores.left, values.left);
  if (!isSelfJoin) keep(stores.right, values.right);
  if (unmatched !== undefined) {
    const spec = { kind: 'time-ordered-buffer', name: unmatched, persistent, logging, ...configs } as const;
    graph.addStore({
      ...spec,
      key: unmatchedKey(keySerde),
      value: unmatchedValues(values.left, values.right),
    } as StoreSpec);
  }
  if (isSelfJoin) {
    const windowed = {
      name: leftWindow,
      parents: [left.node],
      operator: joinWindow(stores.left),
      stores: [stores.left],
    };
    graph.addProcessor(windowed);
    const self = {
      windows,
      storeName: stores.left,
      joiner: joiner as (left: unknown, right: unknown, key: unknown) => R,
    };
    graph.addProcessor({
      name: merge,
      parents: [leftWindow],
      operator: streamSelfJoin(self),
      stores: [stores.left],
    });
    return { node: merge, key: keySerde, value: undefined, sources: left.sources, repartition: false };
  }
  graph.requireCopartitioning(merge, [...left.sources, ...right.sources]);
  graph.addProcessor({
    name: leftWindow,
    parents: [left.node],
    operator: joinWindow(stores.left),
    stores: [stores.left],
  });
  graph.addProcessor({
    name: rightWindow,
    parents: [right.node],
    operator: joinWindow(stores.right),
    stores: [stores.right],
  });
  const side = (which: 'left' | 'right', node: string, parent: string, otherStore: string): void =>
    graph.addProcessor({
      name: node,
      parents: [parent],
      operator: streamStreamJoin<K, V1, V2, R>({
        side: which,
        windows,
        keeps,
        otherStore,
        unmatchedStore: unmatched,
        timeName: merge,
        joiner: joiner as (left: V1 | null, right: V2 | null, key: unknown) => R,
      }),
      stores: unmatched === undefined ? [otherStore] : [otherStore, unmatched],
    });
  side('left', leftJoin, leftWindow, stores.right);
  side('right', rightJoin, rightWindow, stores.left);
  graph.addProcessor({ name: merge, parents: [leftJoin, rightJoin], operator: passThrough('merge') });
  const sources = [...new Set([...left.sources, ...right.sources])];
  return { node: merge, key: keySerde, value: undefined, sources, repartition: false };
}
