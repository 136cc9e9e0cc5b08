import { StreamsError } from '../../errors.ts';
import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';
import type { KeyValue } from '../stateless/map.ts';
import { returned } from '../../record/returned.ts';

/**
 * Regroups a table: a changed row leaves the group its old value was in and enters the one of its new value.
 * Where both are the same group one record says both, else two do, the old one first (Kafka Streams:
 * KTableRepartitionMap, KIP-904).
 */
export function tableGroupBy<K, V, K2, V2>(
  selector: (value: V, key: K) => KeyValue<K2, V2> | null,
  sameKey: (a: K2, b: K2) => boolean,
  versioned: boolean,
): Operator<K, Change<V>, K2, Change<V2>> {
  return {
    kind: 'table-group-by',
    open(context, forward) {
      const select = (value: V | null, key: K): KeyValue<K2, V2> | null => {
        const pair = value === null ? null : returned(selector(value, key), 'groupBy');
        if (pair !== null && pair[0] !== null && pair[1] !== null) return pair;
        return null;
      };
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        if (key === null)
          throw new StreamsError('RECORD_PROCESSING', 'The key of a table that is grouped must not be null');
        // An aggregate is of the latest rows only.
        if (versioned && value.isLatest === false) return context.dropped('stale');
        const old = select(value.oldValue, key);
        const fresh = select(value.newValue, key);
        if (fresh === null && value.newValue !== null) context.dropped();
        const send = (to: K2, newValue: V2 | null, oldValue: V2 | null): void | Promise<void> =>
          forward({ key: to, value: { newValue, oldValue }, timestamp, headers });
        if (old !== null && fresh !== null) {
          if (sameKey(old[0], fresh[0])) return send(fresh[0], fresh[1], old[1]);
          const pending = send(old[0], null, old[1]);
          const add = (): void | Promise<void> => send(fresh[0], fresh[1], null);
          return pending === undefined ? add() : pending.then(add);
        }
        if (old !== null) return send(old[0], null, old[1]);
        if (fresh !== null) return send(fresh[0], fresh[1], null);
      };
    },
  };
}
