import type { Topology } from '@millrace/streams-core';
import { layout, type PlacedArrow, type PlacedBox, type PlacedPart, shortened } from './layout.ts';
import { topologyGraph } from './topology-graph.ts';

/** Text colours have a contrast of 7 and more to what they are on, in both. */
const style = `
  svg { color-scheme: light dark; background: #ffffff; font: 12px ui-monospace, Menlo, Consolas, monospace; }
  text { fill: #1b2330; } .detail, .part text { fill: #4a5568; font-size: 11px; }
  .part rect { fill: #f4f6fa; stroke: #c3ccda; }
  .topic path { fill: #dcefff; stroke: #1f6fb2; } .internal path { fill: #ece6ff; stroke: #6a4fb3; }
  .operator rect { fill: #ffffff; stroke: #56657a; } .store path { fill: #fff1d6; stroke: #9a6a00; }
  .arrow { fill: none; stroke: #56657a; } .uses { stroke: #9a6a00; stroke-dasharray: 3 3; }
  #head path { fill: #56657a; }
  @media (prefers-color-scheme: dark) {
    svg { background: #12161d; } text { fill: #eef2f8; } .detail, .part text { fill: #b6c2d4; }
    .part rect { fill: #1a202a; stroke: #364152; }
    .topic path { fill: #12324d; stroke: #58a6e6; } .internal path { fill: #2b2150; stroke: #a78bfa; }
    .operator rect { fill: #232b37; stroke: #8a98ad; } .store path { fill: #3d2d05; stroke: #e0a63a; }
    .arrow { stroke: #8a98ad; } .uses { stroke: #e0a63a; } #head path { fill: #8a98ad; }
  }`;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names come from programs: none becomes markup. Characters that XML has no form for are replaced. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (letter) => escapes[letter]!);
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10);

/** A topology as a picture: the text of an SVG file. */
export function topologySvg(topology: Topology): string {
  const { width, height, parts, boxes, arrows } = layout(topologyGraph(topology));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${rounded(width)}" height="${rounded(height)}" viewBox="0 0 ${rounded(width)} ${rounded(height)}" role="img" aria-label="Topology">`,
    `<style>${style}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ...parts.map(drawPart),
    ...arrows.map(drawArrow),
    ...boxes.map(drawBox),
    '</svg>',
    '',
  ].join('\n');
}

function drawPart({ id, global, x, y, width, height }: PlacedPart): string {
  const title = global ? 'global table' : `sub-topology ${id}`;
  const place = `x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}"`;
  return `<g class="part"><rect ${place} rx="8"/><text x="${rounded(x + 10)}" y="${rounded(y + 16)}">${title}</text></g>`;
}

function drawArrow({ points, uses }: PlacedArrow): string {
  const path = points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${rounded(x)} ${rounded(y)}`).join('');
  return `<path class="arrow${uses ? ' uses' : ''}" d="${path}"${uses ? '' : ' marker-end="url(#head)"'}/>`;
}

function drawBox(box: PlacedBox): string {
  const { kind, label, detail, title, x, y, width, height } = box;
  const middle = x + width / 2;
  const text = (content: string, at: number, name = ''): string =>
    `<text${name} text-anchor="middle" x="${rounded(middle)}" y="${rounded(at)}">${escaped(shortened(content))}</text>`;
  const lines =
    detail === undefined
      ? text(label, y + height / 2 + 4)
      : text(label, y + height / 2 - 3) + text(detail, y + height / 2 + 13, ' class="detail"');
  return `<g class="${kind}"><title>${escaped(title)}</title>${shapes[kind](box)}${lines}</g>`;
}

/** Operators are boxes, topics pipes that lie, stores drums that stand. */
const shapes: Readonly<Record<PlacedBox['kind'], (box: PlacedBox) => string>> = {
  operator: ({ x, y, width, height }) =>
    `<rect x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}" rx="4"/>`,
  topic: pipe,
  internal: pipe,
  store: ({ x, y, width, height }) => {
    const [w, h] = [rounded(width / 2), 5];
    return `<path d="M${rounded(x)} ${rounded(y + h)}a${w} ${h} 0 0 1 ${rounded(width)} 0v${rounded(height - 2 * h)}a${w} ${h} 0 0 1 ${rounded(-width)} 0zm0 0a${w} ${h} 0 0 0 ${rounded(width)} 0"/>`;
  },
};

function pipe({ x, y, width, height }: PlacedBox): string {
  const [w, h] = [6, rounded(height / 2)];
  return `<path d="M${rounded(x + w)} ${rounded(y)}h${rounded(width - 2 * w)}a${w} ${h} 0 0 1 0 ${rounded(height)}h${rounded(2 * w - width)}a${w} ${h} 0 0 1 0 ${rounded(-height)}z"/>`;
}
