import type { JoinSides } from '../../operators/join/table-table-join.ts';
import type { NodeNames } from '../../topology/graph/node-names.ts';

/** The nodes and stores of a stream-stream join. */
export interface StreamJoinNames {
  readonly leftWindow: string;
  readonly rightWindow: string;
  readonly leftJoin: string;
  readonly rightJoin: string;
  readonly merge: string;
  readonly leftStore: string;
  readonly rightStore: string;
  /** The buffer for both sides' records without a partner. */
  readonly unmatchedStore: string;
}

/** Names a join's nodes and stores, counting as KStreamImplJoin does. */
export function streamJoinNames(
  names: NodeNames,
  outer: JoinSides,
  { name, storeName }: { readonly name?: string; readonly storeName?: string },
): StreamJoinNames {
  const suffixed = (prefix: string, suffix: string): string => names.node(prefix, name && name + suffix);
  const leftWindow = suffixed('KSTREAM-WINDOWED-', '-this-windowed');
  const rightWindow = suffixed('KSTREAM-WINDOWED-', '-other-windowed');
  const leftSuffix = outer.right ? '-outer-this-join' : '-this-join';
  const rightSuffix = outer.left ? '-outer-other-join' : '-other-join';
  // The stores are named after these, also where the nodes have names of their own.
  const left = names.node(outer.right ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-');
  const right = names.node(outer.left ? 'KSTREAM-OUTEROTHER-' : 'KSTREAM-JOINOTHER-');
  const merge = suffixed('KSTREAM-MERGE-', '-merge');
  const storeOf = (generated: string, suffix: string): string =>
    `${storeName === undefined ? generated : storeName + suffix}-store`;
  const outerShared = left.replace(/^.*-(?=\d+$)/, 'KSTREAM-OUTERSHARED-');
  return {
    leftWindow,
    rightWindow,
    leftJoin: name === undefined ? left : name + leftSuffix,
    rightJoin: name === undefined ? right : name + rightSuffix,
    merge,
    leftStore: storeOf(left, leftSuffix),
    rightStore: storeOf(right, rightSuffix),
    unmatchedStore: storeOf(outerShared, '-outer-shared-join'),
  };
}
