import {
  long,
  minutes,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { layout, topologyGraph, topologySvg } from '../src/index.ts';

const lines = topic('lines', { key: string(), value: string() });

/** Two sub-topologies with a repartition topic between them, a global table, and a store. */
function wordCounts() {
  const builder = new StreamsBuilder();
  const stopWords = builder.globalTable(topic('stop-words', { key: string(), value: string() }));
  builder
    .stream(lines)
    .flatMapValues((line) => line.split(' '))
    .leftJoin(
      stopWords,
      (word) => word,
      (word) => word,
      { name: 'without-stop-words' },
    )
    .groupBy((_, word) => word, { key: string() })
    .windowedBy(TimeWindows.of(minutes(1)).grace(0))
    .count({ as: 'counts' })
    .suppress(untilWindowCloses())
    .toStream()
    .selectKey((_, { key }) => key)
    .to(topic('word-counts', { key: string(), value: long() }));
  return builder.build();
}

const overlaps = (
  a: { x: number; y: number; width: number; height: number },
  b: { x: number; y: number; width: number; height: number },
): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe('the picture of a topology', () => {
  test('shows every operator, topic and store once, under what a user calls it', () => {
    const topology = wordCounts();
    const { boxes, parts } = topologyGraph(topology);
    expect(parts.filter(({ global }) => global)).toHaveLength(1);
    expect(parts).toHaveLength(3);
    const labels = (kind: string) => boxes.filter((box) => box.kind === kind).map(({ label }) => label);
    expect(labels('topic').toSorted()).toEqual(['lines', 'stop-words', 'word-counts']);
    expect(labels('internal')).toHaveLength(1);
    expect(labels('store')).toContain('counts');
    const operators = [...topology.nodes.values()].filter(({ kind }) => kind === 'processor');
    expect(labels('operator')).toHaveLength(operators.length);
    // A name that the builder made up says nothing that the operator's kind does not.
    const details = boxes.filter(({ kind }) => kind === 'operator').map(({ detail }) => detail);
    expect(details.filter((detail) => detail !== undefined)).toEqual([
      'without-stop-words',
      'counts-repartition-filter',
    ]);
    expect(boxes.find(({ detail }) => detail === 'without-stop-words')!.title).toMatch(
      /added at .*draw\.test\.ts:\d+/,
    );
  });

  test('reads from left to right, no box over another, each within its sub-topology', () => {
    const { boxes, arrows, parts, width, height } = layout(topologyGraph(wordCounts()));
    const box = (id: string) => boxes.find((one) => one.id === id)!;
    for (const { from, to, uses, points } of arrows) {
      if (!uses) expect(box(from).x + box(from).width, `${from} to ${to}`).toBeLessThan(box(to).x + 1);
      expect(points.length).toBeGreaterThan(1);
    }
    for (const [at, one] of boxes.entries()) {
      for (const other of boxes.slice(at + 1))
        expect(overlaps(one, other), `${one.id} ${other.id}`).toBe(false);
      expect(one.x).toBeGreaterThanOrEqual(0);
      expect(one.x + one.width).toBeLessThanOrEqual(width);
      expect(one.y + one.height).toBeLessThanOrEqual(height);
      for (const part of parts)
        expect(overlaps(one, part), `${one.id} ${part.id}`).toBe(one.part === part.id);
    }
  });

  test('is XML whatever the names are, and runs no script', () => {
    const hostile = `<script>alert(1)</script>"'&\u0001`;
    const builder = new StreamsBuilder();
    builder
      .stream(lines)
      .filter(() => true, { name: hostile })
      .to(() => 'x', { key: string(), value: string() });
    const svg = topologySvg(builder.build());
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\ufffd');
    // Every tag is closed, in its order.
    const open: string[] = [];
    for (const [, close, name, own] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (own !== '/') open.push(name!);
    }
    expect(open).toEqual([]);
  });

  test('of two hundred operators is drawn', () => {
    const builder = new StreamsBuilder();
    let stream = builder.stream(lines);
    for (let n = 0; n < 200; n++) stream = stream.filter(() => true);
    stream.to(topic('out', { key: string(), value: string() }));
    expect(topologySvg(builder.build()).match(/class="operator"/g)).toHaveLength(200);
  });
});
