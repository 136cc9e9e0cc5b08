import { createHash } from 'node:crypto';
import type { AssignorMember } from '@millrace/log-client';
import type { Topology } from '../../topology/built/topology.ts';
import { decodeMember } from './streams-metadata.ts';

/**
 * What instances must agree on to share tasks: which topics each sub-topology reads, by name or pattern, and
 * its stores. Not the operators between them, so that a change of those can be rolled out instance by
 * instance.
 */
export function topologyFingerprint(topology: Topology): string {
  const parts = topology.subTopologies
    .filter((subTopology) => !subTopology.global)
    .map(({ id, sources, stores }) => ({
      id,
      reads: sources
        .flatMap(({ pattern, topics }) => pattern?.text ?? topics.map(({ name }) => name))
        .toSorted(),
      stores: stores.map(({ name, kind }) => `${kind} ${name}`).toSorted(),
    }));
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/**
 * The fingerprint that most members have; of two as common, the one whose members own more, so that a
 * newcomer is the odd one.
 */
export function commonFingerprint(members: readonly AssignorMember[]): string | undefined {
  const weights = new Map<string, { members: number; owned: number }>();
  for (const { userData, owned } of members) {
    const { topology } = decodeMember(userData);
    if (topology === undefined) continue;
    const known = weights.get(topology) ?? { members: 0, owned: 0 };
    weights.set(topology, { members: known.members + 1, owned: known.owned + owned.length });
  }
  const [first] = [...weights].toSorted(
    ([nameA, a], [nameB, b]) => b.members - a.members || b.owned - a.owned || (nameA < nameB ? -1 : 1),
  );
  return first?.[0];
}
