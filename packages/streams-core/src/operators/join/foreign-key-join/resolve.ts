import { isAbout, type SubscriptionResponse } from '../../../serde/subscription-serde.ts';
import type { Serializer } from '../../../serde/topic.ts';
import { resultHeaders } from '../result-headers.ts';
import type { Operator } from '../../../topology/operator.ts';
import { murmur3Bytes } from './murmur3.ts';
import { valueHash } from './value-hash.ts';
import { returned } from '../../../record/returned.ts';

export interface Resolve<V, VO, R> {
  /** The node of the left table. */
  readonly table: string;
  readonly valueSerializer: Serializer<V>;
  readonly joiner: (left: V, right: VO | null) => R;
  readonly left: boolean;
}

/**
 * Back on the left side of a foreign-key join: joins an answer with the row that asked, unless that has
 * changed since, when another answer is on its way (Kafka Streams: ResponseJoinProcessorSupplier).
 */
export function resolve<K, V, VO, R>({
  table,
  valueSerializer,
  joiner,
  left,
}: Resolve<V, VO, R>): Operator<K, SubscriptionResponse<VO>, K, R | null> {
  return {
    kind: 'foreign-key-resolve',
    open(context, forward) {
      const rows = context.lookup<K, V>(table);
      const headersWith = resultHeaders(context);
      const scratch = Buffer.allocUnsafe(murmur3Bytes);
      return ({ key, value: response, timestamp, headers }) => {
        const found = rows.get(key);
        const row = found?.value ?? null;
        if (!isAbout(response, valueHash(response.version, valueSerializer, row, scratch)))
          return context.dropped('stale');
        const joins = row !== null && (left || response.value !== null);
        return forward({
          key,
          value: joins ? returned(joiner(row, response.value), 'join') : null,
          timestamp,
          headers: headersWith(headers, found?.headers),
        });
      };
    },
  };
}
