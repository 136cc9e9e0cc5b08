import { Graph, layout as place } from '@dagrejs/dagre';
import type { GraphArrow, GraphBox, TopologyGraph } from './topology-graph.ts';

/** In pixels; `x` and `y` are of the upper left corner. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedBox extends GraphBox, Rectangle {}

export interface PlacedArrow extends GraphArrow {
  /** Its bends, from its start to its point. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface PlacedPart extends Rectangle {
  readonly id: number;
  readonly global: boolean;
}

export interface LaidOut {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly PlacedBox[];
  readonly arrows: readonly PlacedArrow[];
  readonly parts: readonly PlacedPart[];
}

/** Of the fonts in the picture, about. */
const letterWidth = 7.2;
const boxHeight = { one: 34, two: 48 } as const;
const padding = 12;
const longest = 40;
const titleHeight = 22;

/** A text that is too long for a box is cut; its title has all of it. */
export function shortened(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function sizeOf({ label, detail }: GraphBox): { readonly width: number; readonly height: number } {
  const letters = Math.max(shortened(label).length, shortened(detail ?? '').length);
  return {
    width: Math.max(64, Math.ceil(letters * letterWidth) + 2 * padding),
    height: detail === undefined ? boxHeight.one : boxHeight.two,
  };
}

const groupOf = (part: number): string => `part ${part}`;

/** Gives boxes and arrows their places, from left to right. */
export function layout({ boxes, arrows, parts }: TopologyGraph): LaidOut {
  const graph = new Graph({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 48, marginx: 16, marginy: titleHeight + 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const filled = parts.filter(({ id }) => boxes.some(({ part }) => part === id));
  for (const { id } of filled) graph.setNode(groupOf(id), {});
  for (const box of boxes) {
    graph.setNode(box.id, { ...sizeOf(box) });
    if (box.part !== undefined) graph.setParent(box.id, groupOf(box.part));
  }
  for (const [index, { from, to, uses }] of arrows.entries())
    graph.setEdge(from, to, { minlen: 1, weight: uses ? 1 : 2 }, String(index));
  place(graph);
  const corner = (id: string): Rectangle => {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(id) as Partial<Rectangle>;
    return { x: x - width / 2, y: y - height / 2, width, height };
  };
  const placedParts = filled.map((part): PlacedPart => {
    const { x, y, width, height } = corner(groupOf(part.id));
    return { ...part, x, y: y - titleHeight, width, height: height + titleHeight };
  });
  const placedBoxes = boxes.map((box): PlacedBox => ({ ...box, ...corner(box.id) }));
  const all: readonly Rectangle[] = [...placedBoxes, ...placedParts];
  return {
    width: Math.max(...all.map(({ x, width }) => x + width), 0) + padding,
    height: Math.max(...all.map(({ y, height }) => y + height), 0) + padding,
    boxes: placedBoxes,
    arrows: arrows.map((arrow, index) => {
      const { points = [] } = graph.edge(arrow.from, arrow.to, String(index)) as Partial<PlacedArrow>;
      return { ...arrow, points };
    }),
    parts: placedParts,
  };
}
