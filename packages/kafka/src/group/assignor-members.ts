import { decodeSubscription } from '@millrace/kafka-protocol/messages';
import type { AssignorMember, TopicPartition } from '@millrace/log-client';

/** The members as an assignor sees them. What two claim to own belongs to the one that heard of it last. */
export function assignorMembers(
  members: readonly { readonly memberId: string; readonly metadata: Buffer }[],
): AssignorMember[] {
  const all = members.map(({ memberId, metadata }) => ({
    id: memberId,
    ...decodeSubscription(metadata),
  }));
  const latest = new Map<string, number>();
  const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
  for (const { owned, generation } of all) {
    for (const one of owned) {
      latest.set(nameOf(one), Math.max(generation, latest.get(nameOf(one)) ?? -1));
    }
  }
  return all.map(({ id, topics, userData, owned, generation }) => ({
    id,
    topics,
    userData,
    owned: owned.filter((one) => latest.get(nameOf(one)) === generation),
  }));
}
