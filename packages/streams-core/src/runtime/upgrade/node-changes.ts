import type { NodeRecord } from './topology-record.ts';

/** Whether a name is made from an operator's place in the topology. */
export function isGenerated(name: string): boolean {
  return /-[0-9]{10}(-|$)/.test(name);
}

/** What has become of operators, sources and sinks, in clauses. None of it touches state by itself. */
export function nodeChanges(last: readonly NodeRecord[], now: readonly NodeRecord[]): string[] {
  // A lock file of before nodes were kept says nothing about them.
  if (last.length === 0) return [];
  return [...namedChanges(last, now), ...unnamedChanges(last, now)];
}

function namedChanges(last: readonly NodeRecord[], now: readonly NodeRecord[]): string[] {
  const named = (nodes: readonly NodeRecord[]): Map<string, NodeRecord> =>
    new Map(nodes.filter(({ name }) => !isGenerated(name)).map((node) => [node.name, node]));
  const [before, after] = [named(last), named(now)];
  const gone = [...before.values()].filter(({ name }) => !after.has(name));
  const others = [...after.values()].flatMap((node) => {
    const known = before.get(node.name);
    if (known === undefined) return [`operator "${node.name}" (${node.kind}) is new`];
    if (known.kind !== node.kind)
      return [`operator "${node.name}" is a ${node.kind} now, not a ${known.kind}`];
    // Operators that have come or gone in between are named by themselves.
    const [from, formerly] = [node, known].map(({ parents }) =>
      parents.filter((name) => before.has(name) && after.has(name)),
    );
    return String(from) === String(formerly)
      ? []
      : [
          `operator "${node.name}" comes after ${from!.join(', ') || 'others'} now, not ${formerly!.join(', ') || 'others'}`,
        ];
  });
  return [...gone.map(({ name, kind }) => `operator "${name}" (${kind}) is gone`), ...others];
}

/** Generated names say where a node stands, not which it is: those are counted by kind. */
function unnamedChanges(last: readonly NodeRecord[], now: readonly NodeRecord[]): string[] {
  const counts = new Map<string, number>();
  const count = (nodes: readonly NodeRecord[], by: number): void => {
    for (const { name, kind } of nodes) if (isGenerated(name)) counts.set(kind, (counts.get(kind) ?? 0) + by);
  };
  count(last, -1);
  count(now, 1);
  return [...counts]
    .filter(([, more]) => more !== 0)
    .map(([kind, more]) => `${Math.abs(more)} unnamed ${kind} ${more > 0 ? 'more' : 'less'} than before`);
}
