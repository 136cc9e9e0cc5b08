import { areOwnMapKeys, type Serde } from '@millrace/log-client';
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
  readonly foreignKeySerializer: Serializer<KO> & Pick<Serde<KO>, 'immutable' | 'mapKey'>;
  readonly left: boolean;
  /** The left rows come in versions: only the latest are joined. */
  readonly versioned: boolean;
}

/** What goes to the row that was pointed at, or to the one that is; `none` where a left join has neither. */
type Telling = readonly [row: 'from' | 'to' | 'none', instruction: Instruction];

/**
 * The left side of a foreign-key join: each change of a row tells the rows it pointed at and points at now
 * (Kafka Streams: SubscriptionSendProcessorSupplier, with KAFKA-16394, 16407 and 16434).
 */
export function subscribe<K, V, KO>(
  options: Subscribe<K, V, KO>,
): Operator<K, Change<V>, KO | null, Subscription> {
  const { foreignKey, keySerializer, valueSerializer, foreignKeySerializer, left, versioned } = options;
  const same = sameKey(foreignKeySerializer);
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
        const isSame = from !== null && to !== null && same(from, to);
        const messages = messagesFor({ from, to, isSame }, newValue !== null);
        if (messages.length === 0) return context.dropped();
        const primaryKey = keySerializer.serializeText?.(key) ?? keySerializer.serialize(key);
        const hash = valueHash(hashVersion, valueSerializer, newValue);
        const primaryPartition = context.partition;
        return sequence(messages.length, (index) => {
          const [row, instruction] = messages[index]!;
          return forward({
            key: row === 'from' ? from : row === 'to' ? to : null,
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

/** Whether two keys have the same bytes. */
function sameKey<KO>(
  serializer: Subscribe<unknown, unknown, KO>['foreignKeySerializer'],
): (a: KO, b: KO) => boolean {
  if (areOwnMapKeys(serializer)) return Object.is;
  return (a, b) => a === b || Buffer.compare(serializer.serialize(a), serializer.serialize(b)) === 0;
}

// The same few for every record.
const nothing: readonly Telling[] = [];
const answerIfThere: readonly Telling[] = [['to', 'answer-if-there']];
const deleteAndAnswer: readonly Telling[] = [['from', 'delete-and-answer']];
const answer: readonly Telling[] = [['to', 'answer']];
const answerNone: readonly Telling[] = [['none', 'answer']];
const move: readonly Telling[] = [
  ['from', 'delete'],
  ['to', 'answer'],
];

function innerTellings({ from, to, isSame }: ForeignKeys<unknown>): readonly Telling[] {
  if (from === null) return to === null ? nothing : answerIfThere;
  if (to === null) return deleteAndAnswer;
  // The row may have had a partner before, so that having none now must be said.
  return isSame ? answer : move;
}

function leftTellings({ from, isSame }: ForeignKeys<unknown>, exists: boolean): readonly Telling[] {
  if (!exists) return from === null ? answerNone : deleteAndAnswer;
  return from === null || isSame ? answer : move;
}
