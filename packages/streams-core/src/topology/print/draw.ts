import type { TopologyNode } from '../graph/nodes.ts';
import type { SubTopology } from '../built/sub-topologies.ts';

type Shape = 'topic' | 'node' | 'store';

interface Box {
  readonly id: string;
  readonly label: string;
  readonly shape: Shape;
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Whether it joins a node and a store it uses. */
  readonly uses: boolean;
}

/** What a drawing shows: topics outside, nodes and stores within their sub-topology. */
interface Drawing {
  readonly topics: readonly Box[];
  readonly parts: readonly { readonly title: string; readonly boxes: readonly Box[] }[];
  readonly arrows: readonly Arrow[];
}

function draw(parts: readonly SubTopology[]): Drawing {
  const ids = new Map<string, string>();
  const idOf = (kind: string, name: string): string => {
    const key = `${kind} ${name}`;
    const id = ids.get(key) ?? `n${ids.size}`;
    ids.set(key, id);
    return id;
  };
  const topics = new Map<string, Box>();
  const topic = (name: string): string => {
    const id = idOf('topic', name);
    topics.set(name, { id, label: name, shape: 'topic' });
    return id;
  };
  const arrows: Arrow[] = [];
  const drawn = parts.map(({ id, nodes, stores }) => ({
    title: `Sub-topology ${id}`,
    boxes: [
      ...nodes.map(({ name }): Box => ({ id: idOf('node', name), label: name, shape: 'node' })),
      ...stores.map(({ name }): Box => ({ id: idOf('store', name), label: name, shape: 'store' })),
    ],
  }));
  for (const node of parts.flatMap(({ nodes }) => nodes)) {
    arrows.push(...arrowsOf(node, idOf, topic));
  }
  return { topics: [...topics.values()], parts: drawn, arrows };
}

function arrowsOf(
  node: TopologyNode,
  idOf: (kind: string, name: string) => string,
  topic: (name: string) => string,
): Arrow[] {
  const id = idOf('node', node.name);
  if (node.kind === 'source') {
    const names = node.pattern === undefined ? node.topics.map(({ name }) => name) : [node.pattern.text];
    return names.map((name) => ({ from: topic(name), to: id, uses: false }));
  }
  const from = node.parents.map((parent) => ({ from: idOf('node', parent), to: id, uses: false }));
  if (node.kind === 'sink') {
    const name = typeof node.topic === 'string' ? node.topic : 'a topic of its choice';
    return [...from, { from: id, to: topic(name), uses: false }];
  }
  return [...from, ...node.stores.map((store) => ({ from: id, to: idOf('store', store), uses: true }))];
}

const quoted = (text: string): string => JSON.stringify(text);

function mermaid({ topics, parts, arrows }: Drawing): string {
  const shapes: Readonly<Record<Shape, (label: string) => string>> = {
    topic: (label) => `([${label}])`,
    node: (label) => `[${label}]`,
    store: (label) => `[(${label})]`,
  };
  // Mermaid's own escape for a quote inside a quoted text.
  const box = ({ id, label, shape }: Box): string =>
    `${id}${shapes[shape](`"${label.replaceAll('"', '#quot;')}"`)}`;
  return [
    'flowchart TD',
    ...topics.map((one) => `  ${box(one)}`),
    ...parts.flatMap(({ title, boxes }, index) => [
      `  subgraph part${index} ["${title}"]`,
      ...boxes.map((one) => `    ${box(one)}`),
      '  end',
    ]),
    ...arrows.map(({ from, to, uses }) => `  ${from} ${uses ? '-.-' : '-->'} ${to}`),
    '',
  ].join('\n');
}

function dot({ topics, parts, arrows }: Drawing): string {
  const shapes: Readonly<Record<Shape, string>> = { topic: 'cds', node: 'box', store: 'cylinder' };
  const box = ({ id, label, shape }: Box): string =>
    `${id} [label=${quoted(label)}, shape=${shapes[shape]}];`;
  return [
    'digraph topology {',
    ...topics.map((one) => `  ${box(one)}`),
    ...parts.flatMap(({ title, boxes }, index) => [
      `  subgraph cluster_${index} {`,
      `    label=${quoted(title)};`,
      ...boxes.map((one) => `    ${box(one)}`),
      '  }',
    ]),
    ...arrows.map(({ from, to, uses }) => `  ${from} -> ${to}${uses ? ' [style=dotted, dir=none]' : ''};`),
    '}',
    '',
  ].join('\n');
}

/** A topology as a graph, in Mermaid's language or Graphviz's. */
export function drawTopology(parts: readonly SubTopology[], language: 'mermaid' | 'dot'): string {
  const drawing = draw(parts);
  return language === 'mermaid' ? mermaid(drawing) : dot(drawing);
}
