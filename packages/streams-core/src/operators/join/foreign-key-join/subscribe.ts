import type { Change, StreamRecord } from '../../../record/record.ts';
import { sequence } from '../../../record/sequence.ts';
import type { Instruction, Subscription } from '../../../serde/subscription-serde.ts';
import type { Serializer } from '../../../serde/topic.ts';
import type { Operator } from '../../../topology/operator.ts';
import { hashVersion, valueHash } from './value-hash.ts';
import { returned } from '../../../record/returned.ts';

export interface Subscribe<K, V, KO> {
  readonly foreignKey: (value: V, key: K) => KO | null;
  readonly keySerializer: Serializer<K>;
  readonly valueSerializer: Serializer<V>;
  readonly foreignKeySerializer: Serializer<KO>;
  readonly left: boolean;
  /** The left rows come in versions: only the latest are joined. */
  readonly versioned: boolean;
}

/** The right side's subscriptions by foreign key; null where a left join needs no response. */
type Telling<KO> = readonly [foreignKey: KO | null, instruction: Instruction];

/**
 * The left side of a foreign-key join: each change of a row tells the rows it pointed at and points at now
 * (Kafka Streams: SubscriptionSendProcessorSupplier, with KAFKA-16394, 16407 and 16434).
 */
export function subscribe<K, V, KO>(
  options: Subscribe<K, V, KO>,
): Operator<K, Change<V>, KO | null, Subscription> {
  const { foreignKey, keySerializer, valueSerializer, foreignKeySerializer, left, versioned } = options;
  const same = (a: KO, b: KO): boolean =>
    a === b || Buffer.compare(foreignKeySerializer.serialize(a), foreignKeySerializer.serialize(b)) === 0;
  const messagesFor = left ? leftTellings : innerTellings;
  return {
    kind: 'foreign-key-subscribe',
    open(context, forward) {
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        if (key === null) return context.dropped();
        if (versioned && value.isLatest === false) return context.dropped('stale');
        const { newValue, oldValue } = value;
        if (newValue === null && oldValue === null) return;
        const from = oldValue === null ? null : returned(foreignKey(oldValue, key), 'foreignKey');
        const to = newValue === null ? null : returned(foreignKey(newValue, key), 'foreignKey');
        const known = { from, to, isSame: from !== null && to !== null && same(from, to) };
        const messages = messagesFor(known, newValue !== null);
        if (messages.length === 0) return context.dropped();
        const primaryKey = keySerializer.serialize(key);
        const hash = valueHash(hashVersion, valueSerializer, newValue);
        const primaryPartition = context.partition;
        return sequence(messages.length, (index) => {
          const [asked, instruction] = messages[index]!;
          return forward({
            key: asked,
            value: { version: hashVersion, instruction, primaryKey, primaryPartition, hash },
            timestamp,
            headers,
          });
        });
      };
    },
  };
}

interface ForeignKeys<KO> {
  readonly from: KO | null;
  readonly to: KO | null;
  readonly isSame: boolean;
}

function innerTellings<KO>({ from, to, isSame }: ForeignKeys<KO>): Telling<KO>[] {
  if (from === null) return to === null ? [] : [[to, 'answer-if-there']];
  if (to === null) return [[from, 'delete-and-answer']];
  // The row may have had a partner before, so that having none now must be said.
  return isSame
    ? [[to, 'answer']]
    : [
        [from, 'delete'],
        [to, 'answer'],
      ];
}

function leftTellings<KO>({ from, to, isSame }: ForeignKeys<KO>, exists: boolean): Telling<KO>[] {
  if (!exists) return [from === null ? [null, 'answer'] : [from, 'delete-and-answer']];
  const answer: Telling<KO> = [to, 'answer'];
  return from === null || isSame ? [answer] : [[from, 'delete'], answer];
}
