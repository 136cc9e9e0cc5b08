import { toBytes } from '@millrace/log-client';
import type { Change, StreamRecord } from '../../../record/record.ts';
import { sequence } from '../../../record/sequence.ts';
import { Answer, type Subscription, type SubscriptionResponse } from '../../../serde/subscription-serde.ts';
import { resultHeaders } from '../result-headers.ts';
import type { Operator } from '../../../topology/operator.ts';

/**
 * The right side of a foreign-key join: keeps who has asked for which row, and answers with the row of the
 * moment (Kafka Streams: SubscriptionReceiveProcessorSupplier, SubscriptionJoinProcessorSupplier).
 */
export function respondToSubscription<KO, VO>(
  storeName: string,
  table: string,
): Operator<KO | null, Subscription, Uint8Array, SubscriptionResponse<VO>> {
  return {
    kind: 'foreign-key-respond',
    open(context, forward) {
      const store = context.groupStore<KO, Subscription>(storeName);
      const rows = context.lookup<KO, VO>(table);
      const headersWith = resultHeaders(context);
      return ({ key, value: subscription, timestamp, headers }) => {
        const { instruction } = subscription;
        const primaryKey = toBytes(subscription.primaryKey);
        const deletes = instruction === 'delete' || instruction === 'delete-and-answer';
        if (key === null) {
          if (deletes) return context.dropped();
        } else if (deletes) store.delete(key, primaryKey, timestamp);
        else store.put(key, primaryKey, subscription, timestamp);
        if (instruction === 'delete') return;
        const row = key === null ? undefined : rows.get(key);
        const time = row !== undefined && row.timestamp > timestamp ? row.timestamp : timestamp;
        if (instruction === 'answer-if-there' && row === undefined) return;
        const value = deletes || row === undefined ? null : row.value;
        return forward({
          key: primaryKey,
          value: new Answer(subscription, value),
          timestamp: time,
          headers: headersWith(headers, row?.headers),
        });
      };
    },
  };
}

/**
 * The right side's own changes: each one is an answer to all who have asked for its row
 * (Kafka Streams: ForeignTableJoinProcessorSupplier).
 */
export function respondToChange<KO, VO>(
  storeName: string,
  versioned: boolean,
): Operator<KO, Change<VO>, Uint8Array, SubscriptionResponse<VO>> {
  return {
    kind: 'foreign-key-change',
    open(context, forward) {
      const store = context.groupStore<KO, Subscription>(storeName);
      return ({ key, value, timestamp, headers }: StreamRecord<KO, Change<VO>>) => {
        if (key === null) return context.dropped();
        if (versioned && value.isLatest === false) return context.dropped('stale');
        const members = store.members(key);
        return sequence(members.length, (index) => {
          const { member, value: subscription } = members[index]!;
          const response = new Answer(subscription, value.newValue);
          return forward({ key: member, value: response, timestamp, headers });
        });
      };
    },
  };
}
