import type { Topology } from '@millrace/streams-core';

/** `internal`: a topic of the topology's own, between two sub-topologies. */
export type GraphBoxKind = 'topic' | 'internal' | 'operator' | 'store';

export interface GraphBox {
  readonly id: string;
  readonly kind: GraphBoxKind;
  /** What it is: an operator's kind, a topic's or a store's name. */
  readonly label: string;
  /** The name that the program gave an operator; a store's kind. */
  readonly detail: string | undefined;
  /** The whole name, and the line of the program that added it. */
  readonly title: string;
  /** The sub-topology that it is in; undefined for topics. */
  readonly part: number | undefined;
}

export interface GraphArrow {
  readonly from: string;
  readonly to: string;
  /** Whether it joins an operator and a store that it uses. */
  readonly uses: boolean;
  /**
   * What counts its records: the node that all of them come to and no others, or for one that has several
   * parents the nodes at both ends.
   */
  readonly counts: ArrowCount | undefined;
}

export interface ArrowCount {
  readonly node: string;
  readonly from?: string;
}

/** What a picture of a topology shows. */
export interface TopologyGraph {
  readonly boxes: readonly GraphBox[];
  readonly arrows: readonly GraphArrow[];
  /** The sub-topologies, and whether each fills a global table. */
  readonly parts: readonly { readonly id: number; readonly global: boolean }[];
}

type Part = Topology['subTopologies'][number];
type Node = Part['nodes'][number];
type Operator = Extract<Node, { readonly kind: 'processor' }>;

/** A name that the builder made up, as Kafka Streams does: KSTREAM-FILTER-0000000001. */
const generated = /^K[A-Z-]+-\d{10}/;
/** Where a sink chooses a topic for each record. */
const anyTopic = 'a topic for each record';

/** The boxes and arrows of a topology. Sources and sinks are shown as the topics that they read and write. */
export function topologyGraph(topology: Topology): TopologyGraph {
  const boxes = new Map<string, GraphBox>();
  const arrows: GraphArrow[] = [];
  const topic = (name: string, title: string): string => {
    const id = `topic ${name}`;
    const kind = topology.repartitionTopics.has(name) ? 'internal' : 'topic';
    if (!boxes.has(id)) boxes.set(id, { id, kind, label: name, detail: undefined, title, part: undefined });
    return id;
  };
  const draw: Drawing = { boxes, arrows, topic };
  for (const part of topology.subTopologies) drawPart(part, draw);
  return {
    boxes: [...boxes.values()],
    arrows,
    parts: topology.subTopologies.map(({ id, global }) => ({ id, global })),
  };
}

interface Drawing {
  readonly boxes: Map<string, GraphBox>;
  readonly arrows: GraphArrow[];
  /** The box of a topic, by its id. */
  readonly topic: (name: string, title: string) => string;
}

function drawPart(part: Part, { boxes, arrows, topic }: Drawing): void {
  /** Where the records of a node come out: a source's topics, or the operator itself. */
  const outlets = new Map<string, readonly string[]>();
  for (const { name, kind } of part.stores) {
    const id = `store ${name}`;
    boxes.set(id, {
      id,
      kind: 'store',
      label: name,
      detail: kind,
      title: `${kind} store ${name}`,
      part: part.id,
    });
  }
  for (const node of part.nodes) {
    const title = titleOf(node);
    if (node.kind === 'source') {
      const names = node.pattern === undefined ? node.topics.map(({ name }) => name) : [node.pattern.text];
      outlets.set(
        node.name,
        names.map((name) => topic(name, title)),
      );
      continue;
    }
    const to =
      node.kind === 'sink'
        ? topic(typeof node.topic === 'string' ? node.topic : anyTopic, title)
        : operatorBox(node, part.id, title, boxes);
    for (const parent of node.parents) {
      const ends = outlets.get(parent) ?? [];
      const counts = ends.length === 1 ? countOf(node, parent) : undefined;
      for (const from of ends) arrows.push({ from, to, uses: false, counts });
    }
    if (node.kind === 'sink') continue;
    outlets.set(node.name, [to]);
    for (const store of node.stores) {
      arrows.push({ from: to, to: `store ${store}`, uses: true, counts: undefined });
    }
  }
}

function countOf({ name, parents }: Exclude<Node, { readonly kind: 'source' }>, parent: string): ArrowCount {
  return parents.length === 1 ? { node: name } : { node: name, from: parent };
}

function operatorBox(
  { name, operator }: Operator,
  part: number,
  title: string,
  boxes: Map<string, GraphBox>,
): string {
  const id = `operator ${name}`;
  // Of a branch's name the end is the program's.
  const own = name.replace(generated, '');
  const detail = own === '' ? undefined : own;
  boxes.set(id, { id, kind: 'operator', label: operator.kind, detail, title, part });
  return id;
}

function titleOf({ name, addedAt }: Node): string {
  return addedAt === undefined ? name : `${name}, added at ${addedAt}`;
}
