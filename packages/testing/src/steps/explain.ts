import type { Topology } from '@millrace/streams-core';
import type { StepRecorder } from './step-recorder.ts';
import { showExplanation } from './show-steps.ts';
import type { ExplainedPart, Explanation } from './explanation.ts';
import { eventsOf, type Step, type StepNode, type StepRow } from './step.ts';

/** Follows a result back to the record that made it; undefined where no step wrote it. */
export function explain(
  topology: Topology,
  recorder: StepRecorder,
  { topic, offset }: { readonly topic: string; readonly offset: number },
): Explanation | undefined {
  const placed = recorder.resultAt(topic, offset);
  if (placed === undefined) return undefined;
  const { step } = placed;
  const parts: ExplainedPart[] = [];
  for (let at: typeof placed | undefined = placed; at !== undefined; ) {
    const nodes = wayTo(at.step, at.result.parent);
    parts.unshift({ step: at.step.index, nodes, rows: rowsOf(topology, at.step, nodes), result: at.result });
    const origin = nodes[0]?.origin;
    // What the topology has sent to itself goes back further.
    at = origin && recorder.resultAt(origin.topic, origin.offset);
  }
  const leftOut = [...eventsOf(step, 'drop'), ...eventsOf(step, 'failure')];
  const explanation = { step, parts, leftOut };
  return { ...explanation, toString: () => showExplanation(explanation) };
}

function wayTo(step: Step, last: number | undefined): StepNode[] {
  const nodes = new Map(eventsOf(step, 'node').map((node) => [node.id, node]));
  const way: StepNode[] = [];
  for (let id = last; id !== undefined; ) {
    const node: StepNode = nodes.get(id)!;
    way.unshift(node);
    id = node.parent;
  }
  return way;
}

function rowsOf(topology: Topology, step: Step, nodes: readonly StepNode[]): StepRow[] {
  const stores = new Set(
    nodes.flatMap(({ node }) => {
      const found = topology.nodes.get(node);
      if (found?.kind !== 'processor') return [];
      const { stores: own, table } = found;
      return table?.store === undefined ? own : [...own, table.store];
    }),
  );
  return eventsOf(step, 'row').filter(({ store }) => stores.has(store));
}
