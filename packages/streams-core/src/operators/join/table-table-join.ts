import type { ValueAndTimestamp } from '@millrace/state-stores';
import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, TableLookup } from '../../topology/operator.ts';
import { derivedRow } from '../table/derived-row.ts';
import { resultHeaders } from './result-headers.ts';
import { returned } from '../../record/returned.ts';

/** Whether a side's rows appear in the result without a partner. */
export interface JoinSides {
  readonly left: boolean;
  readonly right: boolean;
}

export interface TableTableJoin<V1, V2, R> {
  /** The node of the table whose changes come in, and the one that is looked up. */
  readonly own: string;
  readonly other: string;
  readonly side: 'left' | 'right';
  /** Its own rows come in versions: only the latest are joined. */
  readonly versioned: boolean;
  readonly outer: JoinSides;
  readonly joiner: (left: V1 | null, right: V2 | null) => R;
}

/**
 * One side of a join of two tables with the same key: a change here meets the other side's row of the moment.
 * The result has the larger of the two timestamps (Kafka Streams: KTableKTableInnerJoin, LeftJoin, RightJoin,
 * OuterJoin).
 */
export function tableTableJoin<K, V1, V2, R>(
  join: TableTableJoin<V1, V2, R>,
): Operator<K, Change<V1 | V2>, K, Change<R>> {
  const { own, other, side, outer, versioned } = join;
  const ownIsOuter = side === 'left' ? outer.left : outer.right;
  const otherIsOuter = side === 'left' ? outer.right : outer.left;
  const joined = (mine: unknown, theirs: unknown): R =>
    side === 'left'
      ? returned(join.joiner(mine as V1 | null, theirs as V2 | null), 'join')
      : returned(join.joiner(theirs as V1 | null, mine as V2 | null), 'join');
  /** A row of the result; null where the sides that are there do not make one. */
  const row = (mine: unknown, theirs: unknown): R | null => {
    if (mine === null ? theirs === null || !otherIsOuter : theirs === null && !ownIsOuter) return null;
    return joined(mine, theirs);
  };
  return {
    kind: 'table-table-join',
    open(context, forward) {
      const rows = context.lookup<K, unknown>(other);
      const headersWith = resultHeaders(context);
      const { sendOldValues } = context;
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<unknown>>) => {
        if (key === null) return context.dropped();
        if (versioned && value.isLatest === false) return context.dropped('stale');
        const found = rows.get(key);
        if (found === undefined && (!ownIsOuter || (value.newValue === null && value.oldValue === null)))
          return;
        const theirs = found === undefined ? null : found.value;
        const change = {
          newValue: row(value.newValue, theirs),
          oldValue: sendOldValues ? row(value.oldValue, theirs) : null,
        };
        const time = found !== undefined && found.timestamp > timestamp ? found.timestamp : timestamp;
        return forward({
          key,
          value: change,
          timestamp: time,
          headers: headersWith(headers, found?.headers),
        });
      };
    },
    lookup(context): TableLookup<K, R> {
      const [mine, theirs] = [context.lookup<K, unknown>(own), context.lookup<K, unknown>(other)];
      return {
        get(key): ValueAndTimestamp<R> | undefined {
          const [a, b] = [mine.get(key), theirs.get(key)];
          const value = row(a?.value ?? null, b?.value ?? null);
          if (value === null) return undefined;
          const last = a === undefined || (b !== undefined && b.timestamp > a.timestamp) ? b : a;
          return derivedRow(last!, value);
        },
      };
    },
  };
}
