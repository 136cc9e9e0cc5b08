import { asBuffer, type Header, type LogRecord } from '@millrace/log-client';
import { bytes, nullable, type RecordPlace, records, type StreamsApp, topic } from '@millrace/streams-core';
import { changelogName, realNames } from '@millrace/streams-core/runtime';
import { deadLetterIn, recordAt } from './dead-letters.ts';
import { knownTopics } from './known-topics.ts';
import { type RecordView, recordView } from './topics.ts';

/** A record that another one may have come from. */
export interface OriginView extends RecordView {
  readonly topic: string;
  /** The topic is one of the app's own: its records came from somewhere too. */
  readonly isInternal: boolean;
  /**
   * What speaks for it: it is named in the headers of a dead letter, it is of the same trace, or of the same
   * key; undefined where it has only the same time.
   */
  readonly by: 'headers' | 'trace' | 'key' | undefined;
}

export interface OriginsView {
  /** The topics that were searched: those that the operators before it read. */
  readonly topics: readonly string[];
  /** Those that more speaks for come first. */
  readonly records: readonly OriginView[];
}

/** So many records of a partition are looked at, from the first of the time on. */
const lookedAt = 200;
const shown = 20;
const ranks = ['headers', 'trace', 'key', undefined];

/**
 * Where a record may have come from: a result has the time of the record that made it, so records of that
 * time in the topics that the operators before it read, or what the headers of a dead letter name.
 */
export async function originsOf(app: StreamsApp, place: RecordPlace): Promise<OriginsView> {
  const known = knownTopics(app);
  const record = known.has(place.topic) ? await recordAt(app, place) : undefined;
  if (record === undefined) return { topics: [], records: [] };
  const letter = deadLetterIn(record.headers);
  if (letter?.offset !== undefined) {
    const from = { topic: letter.topic, partition: letter.partition, offset: letter.offset };
    // Headers may name any topic: only the app's own are shown.
    const found = known.has(letter.topic) ? await recordAt(app, from) : undefined;
    return {
      topics: [letter.topic],
      records: found === undefined ? [] : [viewOf(app, found, { ...from, by: 'headers' })],
    };
  }
  const topics = topicsBefore(app, place.topic);
  const found: OriginView[] = [];
  for (const name of topics) await addSameTime(app, { name, record, found });
  const records = found.toSorted((a, b) => ranks.indexOf(a.by) - ranks.indexOf(b.by)).slice(0, shown);
  return { topics, records };
}

/** The topics whose records are written to this one in the end, or change the store whose changelog it is. */
function topicsBefore({ topology, applicationId }: StreamsApp, name: string): string[] {
  const realName = realNames(topology, applicationId);
  const before = new Set<string>();
  const above = (node: string): void => {
    const found = topology.nodes.get(node)!;
    if (found.kind === 'source') for (const one of found.topics) before.add(realName(one.name));
    else for (const parent of found.parents) above(parent);
  };
  for (const node of topology.nodes.values()) {
    const writes =
      node.kind === 'sink'
        ? typeof node.topic === 'string' && realName(node.topic) === name
        : node.kind === 'processor' &&
          node.stores.some((store) => changelogName(applicationId, store) === name);
    if (writes) above(node.name);
  }
  return [...before];
}

interface Search {
  readonly name: string;
  readonly record: Pick<LogRecord, 'key' | 'timestamp' | 'headers'>;
  readonly found: OriginView[];
}

async function addSameTime(app: StreamsApp, { name, record, found }: Search): Promise<void> {
  const info = (await app.log.admin.topics([name])).get(name);
  if (info === undefined) return;
  const raw = topic(name, { key: nullable(bytes()), value: nullable(bytes()) });
  const { timestamp } = record;
  for (let partition = 0; partition < info.partitions; partition++) {
    const options = { from: { timestamp }, partitions: [partition], limit: lookedAt };
    for await (const one of records(app.log, raw, options)) {
      if (one.timestamp !== timestamp) continue;
      const by = isSameTrace(one.headers, record.headers)
        ? 'trace'
        : isSameKey(one.key, record.key)
          ? 'key'
          : undefined;
      found.push(viewOf(app, one, { topic: name, partition, by }));
    }
  }
}

function viewOf(
  app: StreamsApp,
  record: LogRecord,
  {
    topic: name,
    partition,
    by,
  }: { readonly topic: string; readonly partition: number; readonly by: OriginView['by'] },
): OriginView {
  const known = knownTopics(app).get(name) ?? { name, role: 'topic', key: undefined, value: undefined };
  return { ...recordView(record, partition, known), topic: name, isInternal: known.role === 'internal', by };
}

function isSameKey(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && Buffer.compare(a, b) === 0;
}

/** By W3C Trace Context: the second part is the trace's id. */
function isSameTrace(a: readonly Header[], b: readonly Header[]): boolean {
  const [one, other] = [traceIn(a), traceIn(b)];
  return one !== undefined && one === other;
}

function traceIn(headers: readonly Header[]): string | undefined {
  const value = headers.findLast(({ key }) => key === 'traceparent')?.value;
  return value === undefined || value === null ? undefined : asBuffer(value).toString('latin1').split('-')[1];
}
