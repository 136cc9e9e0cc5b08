import type { Serde } from '@millrace/log-client';
import { TopologyError } from '../errors.ts';
import type { Topic, TopicPattern } from '../serde/topic.ts';
import type { LogicalGraph } from '../topology/graph/logical-graph.ts';
import type { AdmittedNulls, OffsetReset, SourceTopic } from '../topology/graph/nodes.ts';
import type { TimestampExtractor } from '../topology/timestamp-extractor.ts';
import type { Consumed } from '../options/consumed.ts';
import type { StreamRef } from './refs.ts';

interface Source {
  readonly node: string;
  readonly offsetReset: OffsetReset;
  readonly nulls: AdmittedNulls;
}

/** A stream has those nulls that its serdes admit. */
export function nullsOf({ key, value }: AnySerdes): AdmittedNulls {
  return { key: key.admitsNull === true, value: value.admitsNull === true };
}

/** A table has deletions, and leaves out records without a key. */
export const nullsOfTable: AdmittedNulls = { key: true, value: true };

interface AnySerdes {
  readonly key: { readonly admitsNull?: boolean };
  readonly value: { readonly admitsNull?: boolean };
}

/**
 * A topology's sources by what they read: a topic is read once, however many streams and tables come of it.
 */
export class Sources {
  readonly #graph: LogicalGraph;
  readonly #topics = new Map<string, Source>();
  readonly #patterns = new Map<string, Source & { readonly pattern: RegExp }>();

  constructor(graph: LogicalGraph) {
    this.#graph = graph;
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0 && this.#patterns.size === 0;
  }

  /**
   * The source node of a stream: of a topic, of several with the same keys and values, or of all that match a
   * pattern.
   */
  stream<K, V>(
    topics: Topic<K, V> | readonly Topic<K, V>[] | TopicPattern<K, V>,
    consumed: Consumed<K, V>,
  ): StreamRef<K, V> {
    const name = this.#graph.names.node('KSTREAM-SOURCE-', consumed.name);
    const isPattern = 'pattern' in topics;
    const list = isPattern ? [] : ([topics].flat() as Topic<K, V>[]);
    const serdes = isPattern ? topics : list[0];
    if (serdes === undefined)
      throw new TopologyError('TOPOLOGY_INVALID', 'stream() needs at least one topic');
    const node = isPattern ? this.pattern(name, topics, consumed) : this.topics(name, list, consumed);
    const { key, value } = serdes;
    return { node, key, value, sources: [node], repartition: false };
  }

  /** The source node for these topics; the one that reads the same topics already, where there is one. */
  topics<K, V>(
    name: string,
    topics: readonly Topic<K, V>[],
    consumed: Consumed<K, V>,
    nulls: AdmittedNulls = nullsOf(topics[0]!),
  ): string {
    const key = topics.map((one) => one.name).join(',');
    const existing = this.#topics.get(key);
    if (existing !== undefined) return same(existing, key, { ...consumed, nulls });
    for (const { name: topic } of topics) {
      const reader = [...this.#topics].find(([read]) => read.split(',').includes(topic))?.[1];
      const matching = [...this.#patterns.values()].find(({ pattern }) => matches(pattern, topic));
      const other = reader ?? matching;
      if (other === undefined) continue;
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `Topic "${topic}" is read by ${other.node} already, together with other topics: read the same list, or read each topic by itself and merge()`,
      );
    }
    this.#graph.addSource({ name, topics: topics.map(erase), global: false, nulls, ...settings(consumed) });
    this.#topics.set(key, { node: name, nulls, offsetReset: consumed.offsetReset ?? 'earliest' });
    return name;
  }

  /** The source node for all topics that match. */
  pattern<K, V>(name: string, { pattern, key, value }: TopicPattern<K, V>, consumed: Consumed<K, V>): string {
    const existing = this.#patterns.get(pattern.source);
    const nulls = nullsOf({ key, value });
    if (existing !== undefined) return same(existing, pattern.source, { ...consumed, nulls });
    for (const [topics, { node }] of this.#topics) {
      const topic = topics.split(',').find((one) => matches(pattern, one));
      if (topic === undefined) continue;
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `The pattern ${pattern.source} matches the topic "${topic}", which ${node} reads already: make the pattern narrower`,
      );
    }
    const serdes = { key: key as Serde<unknown>, value: value as Serde<unknown> };
    this.#graph.addSource({
      name,
      topics: [],
      global: false,
      pattern: { text: pattern.source, matches: whole(pattern), ...serdes },
      nulls,
      ...settings(consumed),
    });
    this.#patterns.set(pattern.source, {
      node: name,
      pattern,
      nulls,
      offsetReset: consumed.offsetReset ?? 'earliest',
    });
    return name;
  }
}

interface Wanted extends Consumed<never, never> {
  readonly nulls: AdmittedNulls;
}

/** The node that reads this already, if it reads it as it is wanted. */
function same({ node, offsetReset, nulls }: Source, what: string, consumed: Wanted): string {
  const wanted = consumed.offsetReset ?? offsetReset;
  if (JSON.stringify(wanted) !== JSON.stringify(offsetReset)) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${what} is read by ${node} already with the offsetReset ${JSON.stringify(offsetReset)}: it cannot be ${JSON.stringify(wanted)} here`,
    );
  }
  for (const side of ['key', 'value'] as const) {
    if (nulls[side] === consumed.nulls[side]) continue;
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${what} is read by ${node} already, ${nulls[side] ? 'with' : 'without'} records whose ${side} is null: ${sameNulls}`,
    );
  }
  return node;
}

const sameNulls =
  'a table reads them, and a stream whose topic has nullable serdes; give the stream a topic of the same name with nullable(...) serdes';

function matches(pattern: RegExp, topic: string): boolean {
  return whole(pattern).test(topic);
}

/** The pattern for whole names. */
function whole({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?:${source})$`, flags.replace('g', ''));
}

function settings({ timestampExtractor, offsetReset }: Consumed<never, never>): {
  readonly timestampExtractor?: TimestampExtractor;
  readonly offsetReset?: OffsetReset;
} {
  return {
    ...(timestampExtractor === undefined
      ? {}
      : { timestampExtractor: timestampExtractor as TimestampExtractor }),
    ...(offsetReset === undefined ? {} : { offsetReset }),
  };
}

/** Types end at the graph: the DSL has checked that what meets there fits. */
export function erase<K, V>({ name, key, value }: Topic<K, V>): SourceTopic {
  return { name, key: key as Serde<unknown>, value: value as Serde<unknown> };
}
